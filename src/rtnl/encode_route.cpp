#include "rtnl/encode_route.hpp"

#include "rtnl/names.hpp"
#include "rtnl/put.hpp"

#include <linux/rtnetlink.h>

namespace linx::rtnl {

namespace {

using netlink::message_builder;

void put_gateway(message_builder& m, const net::ip& gateway, net::family of_route)
{
  if (gateway.family() == of_route) return put_ip(m, RTA_GATEWAY, gateway);
  // struct rtvia: an IPv4 route through an IPv6 gateway (Linux 5.2)
  std::array<std::byte, sizeof(__kernel_sa_family_t) + 16> via{};
  const auto family = static_cast<__kernel_sa_family_t>(gateway.family());
  std::memcpy(via.data(), &family, sizeof family);
  const auto bytes = gateway.bytes();
  std::memcpy(via.data() + sizeof family, bytes.data(), bytes.size());
  m.put(RTA_VIA, std::span(via).first(sizeof family + bytes.size()));
}

void put_multipath(message_builder& m, const route& r)
{
  std::vector<std::byte> all;
  for (const auto& hop : r.hops) {
    rtnexthop header{};
    header.rtnh_hops = static_cast<unsigned char>(hop.weight > 0 ? hop.weight - 1 : 0);
    header.rtnh_flags = hop.flags;
    header.rtnh_ifindex = static_cast<int>(hop.output);
    message_builder one(0, 0, header);
    if (hop.gateway) put_gateway(one, *hop.gateway, r.family());
    const auto encoded = one.bytes().subspan(sizeof(nlmsghdr));
    header.rtnh_len = static_cast<unsigned short>(encoded.size());
    const auto raw = std::as_bytes(std::span(&header, 1));
    all.insert(all.end(), raw.begin(), raw.end());
    all.insert(all.end(), encoded.begin() + sizeof header, encoded.end());
  }
  m.put(RTA_MULTIPATH, all);
}

// The choice of ip(8).
std::uint8_t scope_of(const route& r) noexcept
{
  if (r.scope) return *r.scope;
  switch (r.type) {
  case route_type::local:
  case route_type::nat:
    return RT_SCOPE_HOST;
  case route_type::broadcast:
  case route_type::multicast:
  case route_type::anycast:
    return RT_SCOPE_LINK;
  case route_type::unicast:
    if (r.hops.size() == 1 && !r.hops.front().gateway) return RT_SCOPE_LINK;
    return RT_SCOPE_UNIVERSE;
  default:
    return RT_SCOPE_UNIVERSE;
  }
}

message_builder route_message(std::uint16_t type, std::uint16_t flags, rtmsg header, const route& r)
{
  header.rtm_family = static_cast<unsigned char>(r.family());
  header.rtm_dst_len = static_cast<unsigned char>(r.destination.prefix());
  header.rtm_tos = r.tos;
  header.rtm_table = static_cast<unsigned char>(r.table < 256 ? r.table : RT_TABLE_UNSPEC);
  const bool single = r.hops.size() == 1;
  if (single) header.rtm_flags |= r.hops.front().flags;

  message_builder m(type, flags, header);
  m.set_names(route_names);
  if (!r.destination.is_default()) put_ip(m, RTA_DST, r.destination.address());
  if (r.table >= 256) m.put_u32(RTA_TABLE, r.table);
  if (single) {
    const auto& hop = r.hops.front();
    if (hop.gateway) put_gateway(m, *hop.gateway, r.family());
    if (hop.output != 0) m.put_u32(RTA_OIF, hop.output);
  } else if (!r.hops.empty()) {
    put_multipath(m, r);
  }
  if (r.nexthop_id) m.put_u32(RTA_NH_ID, *r.nexthop_id);
  if (r.source) put_ip(m, RTA_PREFSRC, *r.source);
  if (r.metric != 0) m.put_u32(RTA_PRIORITY, r.metric);
  return m;
}

} // namespace

message_builder encode_new(const route& r, std::uint16_t flags)
{
  rtmsg header{};
  header.rtm_protocol = r.protocol;
  header.rtm_scope = scope_of(r);
  header.rtm_type = static_cast<unsigned char>(r.type);
  return route_message(RTM_NEWROUTE, flags, header, r);
}

message_builder encode_remove(const route& r)
{
  rtmsg header{};
  // Who made it and how far it reaches do not matter to whoever wants it gone (ip(8) leaves them open too).
  header.rtm_scope = RT_SCOPE_NOWHERE;
  if (r.type != route_type::unicast) header.rtm_type = static_cast<unsigned char>(r.type);
  return route_message(RTM_DELROUTE, 0, header, r);
}

message_builder encode_list_routes(net::family family)
{
  rtmsg header{};
  header.rtm_family = static_cast<unsigned char>(family);
  message_builder m(RTM_GETROUTE, 0, header);
  m.set_names(route_names);
  return m;
}

} // namespace linx::rtnl
