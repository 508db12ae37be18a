/// How traffic control names a qdisc or a class.
#pragma once

#include <linx/core/result.hpp>

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace linx::rtnl {

/// A handle of traffic control: `1:` is a qdisc, `1:10` a class of it. Both numbers are hexadecimal, as tc(8)
/// writes them. Some are reserved: the places `root`, `ingress` and `clsact` of an interface.
///
/// Source: linux/pkt_sched.h (TC_H_MAKE, TC_H_ROOT, TC_H_INGRESS).
class LINX_API tc_handle {
public:
  constexpr tc_handle() noexcept = default; ///< 0: none; in a request, the kernel's choice
  constexpr explicit tc_handle(std::uint32_t raw) noexcept : raw_(raw) {}
  constexpr tc_handle(std::uint16_t major, std::uint16_t minor) noexcept
      : raw_(std::uint32_t{major} << 16 | minor)
  {}

  static constexpr tc_handle root() noexcept { return tc_handle(0xffffffffu); }
  /// The place of the qdiscs `ingress` and `clsact`.
  static constexpr tc_handle ingress() noexcept { return tc_handle(0xfffffff1u); }
  /// Where `clsact` hangs the filters of packets that come in, and of those that go out.
  static constexpr tc_handle clsact_ingress() noexcept { return tc_handle(0xfffffff2u); }
  static constexpr tc_handle clsact_egress() noexcept { return tc_handle(0xfffffff3u); }

  /// "1:", "1:10", "root", "ingress", "none".
  /// Errors: stage `argument`.
  static result<tc_handle> parse(std::string_view text);

  constexpr std::uint16_t major() const noexcept { return static_cast<std::uint16_t>(raw_ >> 16); }
  constexpr std::uint16_t minor() const noexcept { return static_cast<std::uint16_t>(raw_); }
  constexpr std::uint32_t raw() const noexcept { return raw_; }
  constexpr explicit operator bool() const noexcept { return raw_ != 0; }

  friend constexpr auto operator<=>(const tc_handle&, const tc_handle&) noexcept = default;

private:
  std::uint32_t raw_ = 0;
};

/// As `tc_handle::parse` reads it.
LINX_API std::string to_string(tc_handle);

} // namespace linx::rtnl
