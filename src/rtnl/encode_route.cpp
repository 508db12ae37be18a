#include "rtnl/encode_route.hpp"

#include "rtnl/names.hpp"
#include "rtnl/route_rows.hpp"

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

// The others are what the kernel says of a way, and it refuses some of them in a request.
constexpr unsigned char settable_flags = RTNH_F_ONLINK | RTNH_F_PERVASIVE;

void put_way(message_builder& m, const next_hop& hop, net::family of_route)
{
  if (hop.gateway) put_gateway(m, *hop.gateway, of_route);
  if (hop.encap) {
    encap_type::put(m, RTA_ENCAP_TYPE, *hop.encap);
    encap_content::put(m, RTA_ENCAP, *hop.encap);
  }
  if (hop.realm != realms()) m.put_u32(RTA_FLOW, hop.realm.number());
  m.append(hop.rest.bytes());
}

void put_multipath(message_builder& m, const route& r)
{
  std::vector<std::byte> all;
  for (const auto& hop : r.hops) {
    rtnexthop header{};
    header.rtnh_hops = static_cast<unsigned char>(hop.weight - 1);
    header.rtnh_flags = hop.flags & settable_flags;
    header.rtnh_ifindex = static_cast<int>(hop.output);
    message_builder one(0, 0, header);
    put_way(one, hop, r.family());
    const auto encoded = one.bytes().subspan(sizeof(nlmsghdr));
    header.rtnh_len = static_cast<unsigned short>(encoded.size());
    const auto raw = std::as_bytes(std::span(&header, 1));
    all.insert(all.end(), raw.begin(), raw.end());
    all.insert(all.end(), encoded.begin() + sizeof header, encoded.end());
  }
  m.put(RTA_MULTIPATH, all);
}

// What would be cut off silently on the way to the kernel, or there.
result<> check(const route& r)
{
  const auto refuse = [&r](const char* why) { return error::argument("route " + to_string(r) + ": " + why); };
  if (r.source && r.source->family() != r.family())
    return refuse("the source and the destination are of different families");
  if (r.from && r.from->family() != r.family())
    return refuse("\"from\" and the destination are of different families");
  for (const auto& hop : r.hops)
    if (hop.weight < 1 || hop.weight > 256) return refuse("a weight is from 1 to 256");
  return success();
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

// Without copies on the way: a request is as large as two cache lines, and a loop of them goes through here.
result<message_builder> route_message(std::uint16_t type, std::uint16_t flags, rtmsg header, const route& r,
                                      sending why)
{
  header.rtm_family = static_cast<unsigned char>(r.family());
  header.rtm_dst_len = static_cast<unsigned char>(r.destination.prefix());
  header.rtm_tos = r.tos;
  header.rtm_table = static_cast<unsigned char>(r.table < 256 ? r.table : RT_TABLE_UNSPEC);
  // with a nexthop object the ways are its own, and the kernel refuses both
  const bool single = r.hops.size() == 1 && !r.nexthop_id;
  if (single) header.rtm_flags |= r.hops.front().flags & settable_flags;
  if (r.from) header.rtm_src_len = static_cast<unsigned char>(r.from->prefix());

  result<message_builder> encoded(std::in_place_type<message_builder>, type, flags, header);
  if (auto checked = check(r); !checked) {
    encoded = std::move(checked).error();
    return encoded;
  }
  message_builder& m = encoded.assume_value();
  m.set_names(route_names);
  if (!r.destination.is_default()) put_ip(m, RTA_DST, r.destination.address());
  if (r.from) put_ip(m, RTA_SRC, r.from->address());
  if (r.table >= 256) m.put_u32(RTA_TABLE, r.table);
  if (single) {
    const auto& hop = r.hops.front();
    put_way(m, hop, r.family());
    if (hop.output != 0) m.put_u32(RTA_OIF, hop.output);
  } else if (!r.hops.empty() && !r.nexthop_id) {
    put_multipath(m, r);
  }
  if (r.source) put_ip(m, RTA_PREFSRC, *r.source);
  if (r.metric != 0) m.put_u32(RTA_PRIORITY, r.metric);
  // most routes have none of them
  if (r.nexthop_id || r.metrics || r.preference || r.expires || !r.rest.empty())
    put_rare_attributes(m, r, why);
  return encoded;
}

result<message_builder> removal(const route& r, rtmsg header)
{
  return route_message(RTM_DELROUTE, 0, header, r, sending::always);
}

} // namespace

result<message_builder> encode_new(const route& r, std::uint16_t flags)
{
  rtmsg header{};
  header.rtm_protocol = r.protocol;
  header.rtm_scope = scope_of(r);
  header.rtm_type = static_cast<unsigned char>(r.type);
  return route_message(RTM_NEWROUTE, flags, header, r, sending::to_add);
}

result<message_builder> encode_remove(const route& r)
{
  rtmsg header{};
  // Who made it and how far it reaches do not matter to whoever wants it gone (ip(8) leaves them open too).
  header.rtm_scope = RT_SCOPE_NOWHERE;
  if (r.type != route_type::unicast) header.rtm_type = static_cast<unsigned char>(r.type);
  return removal(r, header);
}

result<message_builder> encode_remove_exactly(const route& r)
{
  rtmsg header{};
  header.rtm_protocol = r.protocol;
  header.rtm_scope = RT_SCOPE_NOWHERE;
  // Over a nexthop that drops packets it is listed as one that drops them, and is not.
  if (!r.nexthop_id) {
    header.rtm_scope = r.scope.value_or(RT_SCOPE_NOWHERE);
    header.rtm_type = static_cast<unsigned char>(r.type);
  }
  return removal(r, header);
}

result<message_builder> encode_get(const route_query& q)
{
  rtmsg header{};
  header.rtm_family = static_cast<unsigned char>(q.to().family());
  header.rtm_dst_len = static_cast<unsigned char>(q.to().bits());
  header.rtm_tos = q.tos();
  // IPv6 always tells the table, and refuses to be asked for it
  if (q.to().is_v4()) header.rtm_flags = RTM_F_LOOKUP_TABLE;
  if (q.only_fib_match()) header.rtm_flags |= RTM_F_FIB_MATCH;
  if (q.from()) {
    if (q.from()->family() != q.to().family())
      return error::argument("route to " + to_string(q.to()) + ": the source " + to_string(*q.from()) +
                             " is of the other family");
    header.rtm_src_len = static_cast<unsigned char>(q.from()->bits());
  }
  message_builder m(RTM_GETROUTE, 0, header);
  m.set_names(route_names);
  put_ip(m, RTA_DST, q.to());
  if (q.from()) put_ip(m, RTA_SRC, *q.from());
  if (q.in() != 0) m.put_u32(RTA_IIF, q.in());
  if (q.out() != 0) m.put_u32(RTA_OIF, q.out());
  if (q.mark()) m.put_u32(RTA_MARK, *q.mark());
  if (q.uid()) m.put_u32(RTA_UID, *q.uid());
  if (q.ip_protocol()) m.put_u8(RTA_IP_PROTO, *q.ip_protocol());
  if (q.source_port() != 0) m.put_be16(RTA_SPORT, q.source_port());
  if (q.destination_port() != 0) m.put_be16(RTA_DPORT, q.destination_port());
  return m;
}

message_builder encode_list(const route_filter& f)
{
  rtmsg header{};
  if (f.family()) header.rtm_family = static_cast<unsigned char>(*f.family());
  if (f.protocol()) header.rtm_protocol = *f.protocol();
  if (f.type()) header.rtm_type = static_cast<unsigned char>(*f.type());
  if (f.only_cached()) header.rtm_flags = RTM_F_CLONED;
  message_builder m(RTM_GETROUTE, 0, header);
  m.set_names(route_names);
  if (f.table()) m.put_u32(RTA_TABLE, *f.table());
  if (f.dev() != 0) m.put_u32(RTA_OIF, f.dev());
  return m;
}

} // namespace linx::rtnl
