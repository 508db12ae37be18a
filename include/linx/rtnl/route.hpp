/// Routes.
#pragma once

#include <linx/net/subnet.hpp>
#include <linx/netlink/message.hpp>
#include <linx/rtnl/next_hop.hpp>
#include <linx/rtnl/route_metrics.hpp>

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

/// Which of several IPv6 default routes is taken (RFC 4191); the numbers are those of linux/icmpv6.h.
enum class route_preference : std::uint8_t { medium = 0, high = 1, low = 3 };

/// "high"
LINX_API std::string_view to_string(route_preference) noexcept;

/// What `get_route` says beyond the route: the packet it was asked for, and what becomes of it.
class route_lookup {
public:
  route_lookup() = default;

  std::uint32_t input = 0; ///< index of the interface that it came in by
  std::uint32_t mark = 0;
  std::optional<std::uint32_t> uid; ///< Linux 4.10
  int errnum = 0;                   ///< what its sender is told

  friend bool operator==(const route_lookup&, const route_lookup&) = default;
};

/// A route as RTM_NEWROUTE describes it.
class LINX_API route {
public:
  route() noexcept {} // by hand: a defaulted one would have decoders clear the memory before they fill it
  /// A unicast route in the main table; name a way with `via`, `dev` or both.
  explicit route(const net::subnet& to) noexcept : destination(to) {}
  /// What becomes of packets to a network without a way: blackhole, unreachable, prohibit, throw.
  route(route_type what, const net::subnet& to) noexcept : destination(to), type(what) {}
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
  route_type type = route_type::unicast;
  std::uint8_t protocol = 4; ///< who made it, RTPROT_*; RTPROT_STATIC
  std::uint8_t tos = 0;
  std::optional<std::uint8_t> scope;          ///< RT_SCOPE_*; nothing: as the kernel's own tools choose it
  std::optional<route_preference> preference; ///< IPv6, Linux 4.1
  std::optional<net::ip> source;              ///< preferred source of packets (RTA_PREFSRC)
  std::uint32_t table = 254;                  ///< RT_TABLE_MAIN
  std::uint32_t metric = 0;                   ///< RTA_PRIORITY, lower wins
  std::uint32_t flags = 0;                    ///< RTM_F_*
  std::optional<std::uint32_t> nexthop_id;    ///< RTA_NH_ID, Linux 5.3; the ways are its own then
  next_hops hops;                             ///< none for blackhole and its like; several for multipath
  rare<net::subnet> from;             ///< for packets from that network alone (RTA_SRC, IPv6 subtrees)
  rare<std::chrono::seconds> expires; ///< IPv6; nothing: never
  rare<route_metrics> metrics;
  rare<route_lookup> lookup;
  other_attributes rest; ///< what linx does not know of it

  friend bool operator==(const route&, const route&) = default;
};

/// "default via 10.0.0.1 dev 2 proto 4 table 254"
LINX_API std::string to_string(const route&);

} // namespace linx::rtnl
