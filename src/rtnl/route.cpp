#include <linx/rtnl/route.hpp>

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <iterator>

namespace linx::rtnl {

namespace {

// struct rtvia: a family in host order, then the address
std::optional<net::ip> read_via(std::span<const std::byte> payload) noexcept
{
  constexpr std::size_t family_size = sizeof(__kernel_sa_family_t);
  if (payload.size() < family_size) return std::nullopt;
  return net::ip::from_bytes(payload.subspan(family_size));
}

void read_hop(const netlink::attribute& a, next_hop& hop) noexcept
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
  default:
    break;
  }
}

std::vector<next_hop> read_multipath(std::span<const std::byte> bytes)
{
  std::vector<next_hop> hops;
  while (bytes.size() >= sizeof(rtnexthop)) {
    const auto header = netlink::read_struct<rtnexthop>(bytes);
    if (header.rtnh_len < sizeof(rtnexthop) || header.rtnh_len > bytes.size()) break;
    next_hop hop;
    hop.output = static_cast<std::uint32_t>(header.rtnh_ifindex);
    hop.weight = header.rtnh_hops + 1u;
    hop.flags = header.rtnh_flags;
    for (const auto a : netlink::attributes(bytes.first(header.rtnh_len).subspan(sizeof(rtnexthop))))
      read_hop(a, hop);
    hops.push_back(hop);
    bytes = bytes.subspan(std::min(netlink::aligned(header.rtnh_len), bytes.size()));
  }
  return hops;
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

std::optional<route> route::decode(const netlink::message_view& m)
{
  if (m.type() != RTM_NEWROUTE && m.type() != RTM_DELROUTE) return std::nullopt;
  const auto header = m.family_header<rtmsg>();
  if (header.rtm_family != AF_INET && header.rtm_family != AF_INET6) return std::nullopt;

  route r;
  net::ip to = any_of(header.rtm_family);
  r.table = header.rtm_table;
  r.protocol = header.rtm_protocol;
  r.scope = header.rtm_scope;
  r.type = static_cast<route_type>(header.rtm_type);
  r.tos = header.rtm_tos;
  r.flags = header.rtm_flags;
  next_hop single;
  bool has_single = false;
  for (const auto a : m.attributes_after<rtmsg>()) {
    switch (a.type()) {
    case RTA_DST: to = net::ip::from_bytes(a.payload()).value_or(to); break;
    case RTA_OIF:
    case RTA_GATEWAY:
    case RTA_VIA:
      read_hop(a, single);
      has_single = true;
      break;
    case RTA_MULTIPATH:
      r.hops = read_multipath(a.payload());
      break;
    case RTA_PREFSRC:
      r.source = net::ip::from_bytes(a.payload());
      break;
    case RTA_PRIORITY:
      r.metric = a.as<std::uint32_t>().value_or(0);
      break;
    case RTA_TABLE:
      r.table = a.as<std::uint32_t>().value_or(r.table);
      break;
    case RTA_NH_ID:
      r.nexthop_id = a.as<std::uint32_t>();
      break;
    default:
      break;
    }
  }
  r.destination = net::subnet(to, header.rtm_dst_len);
  if (has_single && r.hops.empty()) {
    // of the way, and not of the route: RTNH_F_ONLINK, RTNH_F_LINKDOWN, ...
    single.flags = static_cast<std::uint8_t>(header.rtm_flags & 0xff);
    r.hops.push_back(single);
  }
  r.flags &= ~0xffu;
  return r;
}

std::string to_string(const route& r)
{
  std::string text;
  if (r.type != route_type::unicast) text += std::string(to_string(r.type)) + ' ';
  text += r.destination.is_default() ? "default" : to_string(r.destination);
  for (const auto& hop : r.hops) {
    if (r.hops.size() > 1) text += " nexthop";
    if (hop.gateway) text += " via " + to_string(*hop.gateway);
    if (hop.output != 0) text += " dev " + std::to_string(hop.output);
    if (r.hops.size() > 1) text += " weight " + std::to_string(hop.weight);
  }
  if (r.nexthop_id) text += " nhid " + std::to_string(*r.nexthop_id);
  if (r.source) text += " src " + to_string(*r.source);
  if (r.metric != 0) text += " metric " + std::to_string(r.metric);
  text += " proto " + std::to_string(r.protocol) + " table " + std::to_string(r.table);
  if (r.scope) text += " scope " + std::to_string(*r.scope);
  return text;
}

} // namespace linx::rtnl
