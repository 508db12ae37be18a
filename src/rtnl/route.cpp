#include <linx/rtnl/route.hpp>

#include "rtnl/route_rows.hpp"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <iterator>
#include <memory>

namespace linx::rtnl {

namespace {

// struct rtvia: a family in host order, then the address
std::optional<net::ip> read_via(std::span<const std::byte> payload) noexcept
{
  constexpr std::size_t family_size = sizeof(__kernel_sa_family_t);
  if (payload.size() < family_size) return std::nullopt;
  return net::ip::from_bytes(payload.subspan(family_size));
}

void read_hop(const netlink::attribute& a, next_hop& hop)
{
  switch (a.type()) {
  case RTA_OIF:
    hop.output = a.as<std::uint32_t>().value_or(0);
    break;
  case RTA_GATEWAY:
    hop.gateway = net::ip::from_bytes(a.payload());
    break;
  case RTA_VIA:
    hop.gateway = read_via(a.payload());
    break;
  case RTA_ENCAP_TYPE:
    hop.encap.get_or_make().type = a.as<std::uint16_t>().value_or(0);
    break;
  case RTA_ENCAP:
    hop.encap.get_or_make().bytes.assign(a.payload().begin(), a.payload().end());
    break;
  case RTA_FLOW:
    hop.realm = realms::from_number(a.as<std::uint32_t>().value_or(0));
    break;
  default:
    hop.rest.add(a);
    break;
  }
}

next_hops read_multipath(std::span<const std::byte> bytes)
{
  next_hops hops;
  while (bytes.size() >= sizeof(rtnexthop)) {
    const auto header = netlink::read_struct<rtnexthop>(bytes);
    if (header.rtnh_len < sizeof(rtnexthop) || header.rtnh_len > bytes.size()) break;
    auto& hop = hops.emplace_back();
    hop.output = static_cast<std::uint32_t>(header.rtnh_ifindex);
    hop.weight = header.rtnh_hops + 1u;
    hop.flags = header.rtnh_flags;
    for (const auto a : netlink::attributes(bytes.first(header.rtnh_len).subspan(sizeof(rtnexthop))))
      read_hop(a, hop);
    bytes = bytes.subspan(std::min(netlink::aligned(header.rtnh_len), bytes.size()));
  }
  return hops;
}

void read_cache(const netlink::attribute& a, route& r)
{
  const auto cache = a.as_struct<rta_cacheinfo>();
  // rta_expires is in USER_HZ ticks, 100 a second
  if (cache.rta_expires != 0) r.expires = std::chrono::seconds(cache.rta_expires / 100);
  if (cache.rta_error == 0) return;
  // the kernel sends the errno with its sign
  const bool negative = (cache.rta_error >> 31) != 0;
  r.lookup.get_or_make().errnum = static_cast<int>(negative ? 0u - cache.rta_error : cache.rta_error);
}

net::ip any_of(unsigned char family) noexcept
{
  return family == AF_INET6 ? net::ip(std::array<std::uint8_t, 16>{}) : net::ip();
}

} // namespace

std::string_view to_string(route_type type) noexcept
{
  constexpr std::string_view names[] = {"unspecified", "unicast",   "local",     "broadcast",
                                        "anycast",     "multicast", "blackhole", "unreachable",
                                        "prohibit",    "throw",     "nat",       "external"};
  const auto n = static_cast<std::size_t>(type);
  return n < std::size(names) ? names[n] : "unknown";
}

route route::default_via(const net::ip& gateway)
{
  route r(net::subnet(any_of(gateway.is_v6() ? AF_INET6 : AF_INET), 0));
  r.via(gateway);
  return r;
}

route& route::via(const net::ip& gateway) &
{
  if (hops.empty()) hops.emplace_back();
  hops.front().gateway = gateway;
  return *this;
}

route& route::dev(std::uint32_t link_index) &
{
  if (hops.empty()) hops.emplace_back();
  hops.front().output = link_index;
  return *this;
}

std::string_view to_string(route_preference preference) noexcept
{
  switch (preference) {
  case route_preference::medium:
    return "medium";
  case route_preference::high:
    return "high";
  case route_preference::low:
    return "low";
  }
  return "unknown";
}

std::optional<route> route::decode(const netlink::message_view& m)
{
  std::optional<route> decoded;
  if (m.type() != RTM_NEWROUTE && m.type() != RTM_DELROUTE) return decoded;
  const auto header = m.family_header<rtmsg>();
  if (header.rtm_family != AF_INET && header.rtm_family != AF_INET6) return decoded;

  // in place: a route is large, and a dump of all of them should not copy it more often than it must
  route& r = decoded.emplace();
  const auto set_destination = [&r, &header](const net::ip& to) {
    // constructed in its place, for the same reason
    std::construct_at(&r.destination, to, header.rtm_dst_len);
  };
  set_destination(any_of(header.rtm_family));
  r.table = header.rtm_table;
  r.protocol = header.rtm_protocol;
  r.scope = header.rtm_scope;
  r.type = static_cast<route_type>(header.rtm_type);
  r.tos = header.rtm_tos;
  // the low byte is of the way, and not of the route: RTNH_F_ONLINK, RTNH_F_LINKDOWN, ...
  r.flags = header.rtm_flags & ~0xffu;
  const auto hop_flags = static_cast<std::uint8_t>(header.rtm_flags & 0xff);
  const auto single = [&r, hop_flags]() -> next_hop& {
    if (!r.hops.empty()) return r.hops.front();
    auto& hop = r.hops.emplace_back();
    hop.flags = hop_flags;
    return hop;
  };
  for (const auto a : m.attributes_after<rtmsg>()) {
    switch (a.type()) {
    case RTA_DST:
      if (const auto to = net::ip::from_bytes(a.payload())) set_destination(*to);
      break;
    case RTA_OIF:
    case RTA_GATEWAY:
    case RTA_VIA:
    case RTA_ENCAP_TYPE:
    case RTA_ENCAP:
    case RTA_FLOW:
      read_hop(a, single());
      break;
    case RTA_MULTIPATH:
      r.hops = read_multipath(a.payload());
      break;
    case RTA_PREFSRC:
      r.source = net::ip::from_bytes(a.payload());
      break;
    case RTA_SRC:
      if (const auto from = net::ip::from_bytes(a.payload())) r.from = net::subnet(*from, header.rtm_src_len);
      break;
    case RTA_PRIORITY:
      r.metric = a.as<std::uint32_t>().value_or(0);
      break;
    case RTA_TABLE:
      r.table = a.as<std::uint32_t>().value_or(r.table);
      break;
    case RTA_CACHEINFO:
      read_cache(a, r);
      break;
    default:
      read_rare_attribute(a, header, r);
      break;
    }
  }
  return decoded;
}

std::string to_string(const route& r)
{
  std::string text;
  if (r.type != route_type::unicast) text += std::string(to_string(r.type)) + ' ';
  text += r.destination.is_default() ? "default" : to_string(r.destination);
  if (r.from) text += " from " + to_string(*r.from);
  if (r.tos != 0) text += " tos " + std::to_string(r.tos);
  for (const auto& hop : r.hops) {
    if (r.hops.size() > 1) text += " nexthop";
    text += " " + to_string(hop);
  }
  if (r.nexthop_id) text += " nhid " + std::to_string(*r.nexthop_id);
  if (r.source) text += " src " + to_string(*r.source);
  if (r.metric != 0) text += " metric " + std::to_string(r.metric);
  if (r.metrics) text += " " + to_string(*r.metrics);
  text += " proto " + std::to_string(r.protocol) + " table " + std::to_string(r.table);
  if (r.scope) text += " scope " + std::to_string(*r.scope);
  if (r.preference) text += " pref " + std::string(to_string(*r.preference));
  if (r.expires) text += " expires " + std::to_string(r.expires->count()) + " s";
  if (r.lookup && r.lookup->errnum != 0) text += " error " + std::to_string(r.lookup->errnum);
  if (!r.rest.empty()) text += ' ' + to_string(r.rest);
  return text;
}

} // namespace linx::rtnl
