/// Realms: what IPv4 routes and rules are marked with for traffic control and accounting.
#pragma once

#include <linx/core/config.hpp>

#include <cstdint>
#include <string>

namespace linx::rtnl {

/// The realm that packets come from, and the one that they go to; 0 is none. (RTA_FLOW, FRA_FLOW; needs
/// CONFIG_IP_ROUTE_CLASSID.)
class realms {
public:
  constexpr realms() noexcept = default;
  constexpr explicit realms(std::uint16_t destination) noexcept : to(destination) {}
  constexpr realms(std::uint16_t source, std::uint16_t destination) noexcept : from(source), to(destination)
  {}
  /// As the kernel writes both of them.
  static constexpr realms from_number(std::uint32_t both) noexcept
  {
    return {static_cast<std::uint16_t>(both >> 16), static_cast<std::uint16_t>(both & 0xffff)};
  }
  constexpr std::uint32_t number() const noexcept { return std::uint32_t(from) << 16 | to; }

  std::uint16_t from = 0;
  std::uint16_t to = 0;

  friend bool operator==(const realms&, const realms&) = default;
};

/// "7", "3/7"
LINX_API std::string to_string(const realms&);

} // namespace linx::rtnl
