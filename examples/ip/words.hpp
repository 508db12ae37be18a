// The words of a command, taken one by one.
#pragma once

#include <linx/core/result.hpp>
#include <linx/net/ip.hpp>
#include <linx/net/link_address.hpp>
#include <linx/net/subnet.hpp>
#include <linx/rtnl/realms.hpp>

#include "names.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace ip_tool {

/// The family that a command is about, as far as it is known: -4, -6, or the first address in it.
using family_choice = std::optional<linx::net::family>;

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
  /// Pairs of hexadecimal digits, or the IPv4 address of the end of a tunnel.
  linx::result<linx::net::link_address> link_address();
  /// "default", "any", "all", an address, or a network; `family` is that of "default".
  linx::result<linx::net::subnet> network(linx::net::family family);
  /// The same where the family follows from the rest of the command: nothing for "default". The first address
  /// says the family where none is known, and the others have to be of it.
  linx::result<std::optional<linx::net::subnet>> network(std::optional<linx::net::family>& family);
  linx::result<linx::net::ip> address(std::string_view what, std::optional<linx::net::family>& family);
  /// Hexadecimal, as ip(8) reads a type of service, with or without 0x.
  linx::result<std::uint8_t> type_of_service();
  linx::result<std::uint32_t> group();
  /// "TO" or "FROM/TO"
  linx::result<linx::rtnl::realms> realms();
  /// The bit of a state of a neighbour: NUD_*.
  linx::result<std::uint16_t> neighbour_state();
  linx::result<linx::net::interface_address> interface_address();
  /// "on" or "off".
  linx::result<bool> on_off(std::string_view what);

  /// Those that are not taken yet.
  std::deque<std::string> rest() && { return std::move(rest_); }
  /// Nothing may be left.
  linx::result<> end() const;

private:
  std::deque<std::string> rest_;
};

} // namespace ip_tool
