/// Routes.
#pragma once

#include <linx/net/subnet.hpp>
#include <linx/netlink/message.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace linx::rtnl {

/// What a route does with a packet; the numbers are those of linux/rtnetlink.h (RTN_*).
enum class route_type : std::uint8_t {
  unspecified,
  unicast,
  local,
  broadcast,
  anycast,
  multicast,
  blackhole,
  unreachable,
  prohibit,
  throw_,
  nat,
  external,
};

LINX_API std::string_view to_string(route_type) noexcept;

/// One way of a route.
class next_hop {
public:
  next_hop() = default;

  std::uint32_t output = 0;       ///< index of the interface, 0: unknown
  std::optional<net::ip> gateway; ///< of either family (RTA_VIA, Linux 5.2)
  std::uint32_t weight = 1;       ///< among several
  std::uint8_t flags = 0;         ///< RTNH_F_*

  friend bool operator==(const next_hop&, const next_hop&) = default;
};

/// A route as RTM_NEWROUTE describes it.
class LINX_API route {
public:
  route() = default;
  /// A unicast route in the main table; name a way with `via`, `dev` or both.
  explicit route(const net::subnet& to) noexcept : destination(to) {}
  /// The default route through a gateway.
  static route default_via(const net::ip& gateway);

  /// Through a gateway; the kernel finds the interface by itself unless `dev` names it.
  route& via(const net::ip& gateway) &;
  route&& via(const net::ip& gateway) && { return std::move(via(gateway)); }
  /// Out of an interface, by index.
  route& dev(std::uint32_t link_index) &;
  route&& dev(std::uint32_t link_index) && { return std::move(dev(link_index)); }

  /// Decodes RTM_NEWROUTE and RTM_DELROUTE; nothing for any other message, nor for a family that is not IP.
  static std::optional<route> decode(const netlink::message_view&);

  net::family family() const noexcept { return destination.family(); }

  net::subnet destination;
  std::vector<next_hop> hops;        ///< none for blackhole and its like; several for multipath
  std::optional<net::ip> source;     ///< preferred source of packets (RTA_PREFSRC)
  std::uint32_t table = 254;         ///< RT_TABLE_MAIN
  std::uint32_t metric = 0;          ///< RTA_PRIORITY, lower wins
  std::uint8_t protocol = 4;         ///< who made it, RTPROT_*; RTPROT_STATIC
  std::optional<std::uint8_t> scope; ///< RT_SCOPE_*; nothing: as the kernel's own tools choose it
  route_type type = route_type::unicast;
  std::uint8_t tos = 0;
  std::uint32_t flags = 0;                 ///< RTM_F_*
  std::optional<std::uint32_t> nexthop_id; ///< RTA_NH_ID, Linux 5.3

  friend bool operator==(const route&, const route&) = default;
};

/// "default via 10.0.0.1 dev 2 proto 4 table 254"
LINX_API std::string to_string(const route&);

} // namespace linx::rtnl
