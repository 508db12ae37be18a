// The words of a command, taken one by one.
#pragma once

#include <linx/core/result.hpp>
#include <linx/net/ip.hpp>
#include <linx/net/mac.hpp>
#include <linx/net/subnet.hpp>

#include "names.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace ip_tool {

/// Decimal, or hexadecimal with 0x; nothing for anything else.
std::optional<std::uint32_t> number_of(std::string_view word, std::uint32_t largest = UINT32_MAX);

/// Every failure to read a word is `stage::argument` and says which word was expected where.
class words {
public:
  words() = default;
  explicit words(std::deque<std::string> all) : rest_(std::move(all)) {}
  /// Split at white space; what follows '#' is a comment.
  static words of_line(std::string_view line);

  bool empty() const noexcept { return rest_.empty(); }
  /// The next word, if there is one, without taking it.
  std::string_view peek() const noexcept { return rest_.empty() ? std::string_view() : rest_.front(); }
  /// Takes the next word if it is this one.
  bool take(std::string_view expected);
  /// Takes the next word; `what` says in an error what is missing.
  linx::result<std::string> next(std::string_view what);

  linx::result<std::uint32_t> number(std::string_view what, std::uint32_t largest = UINT32_MAX);
  linx::result<std::uint32_t> link(const link_names& links);
  linx::result<std::uint32_t> table();
  linx::result<std::uint8_t> protocol();
  linx::result<std::uint8_t> scope();
  linx::result<linx::net::ip> address(std::string_view what);
  linx::result<linx::net::mac> link_address();
  /// "default", an address, or a network; `family` is that of "default".
  linx::result<linx::net::subnet> network(linx::net::family family);
  linx::result<linx::net::interface_address> interface_address();
  /// "on" or "off".
  linx::result<bool> on_off(std::string_view what);

  /// Nothing may be left.
  linx::result<> end() const;

private:
  std::deque<std::string> rest_;
};

} // namespace ip_tool
