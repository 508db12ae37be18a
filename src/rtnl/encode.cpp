#include "rtnl/encode.hpp"

#include "rtnl/names.hpp"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>

#include <limits>

namespace linx::rtnl {

namespace {

using netlink::message_builder;

constexpr std::uint32_t forever = std::numeric_limits<std::uint32_t>::max();

void put_ip(message_builder& m, std::uint16_t type, const net::ip& address)
{
  m.put(type, std::as_bytes(address.bytes()));
}

void put_mac(message_builder& m, std::uint16_t type, const net::mac& address)
{
  m.put(type, std::as_bytes(address.bytes()));
}

message_builder link_message(std::uint16_t type, std::uint16_t flags, const ifinfomsg& header)
{
  message_builder m(type, flags, header);
  m.set_names(link_names);
  return m;
}

// A message about one link: by index, or by name for the kernel to look up.
result<message_builder> about(const link_id& which, std::uint16_t type, ifinfomsg header)
{
  if (which.index() != 0) {
    header.ifi_index = static_cast<int>(which.index());
    return link_message(type, 0, header);
  }
  BOOST_OUTCOME_TRYV(check_link_name(which.name()));
  auto m = link_message(type, 0, header);
  m.put_string(IFLA_IFNAME, which.name());
  return m;
}

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

message_builder address_message(std::uint16_t type, std::uint16_t flags, const address& a)
{
  ifaddrmsg header{};
  header.ifa_family = static_cast<std::uint8_t>(a.local.family());
  header.ifa_prefixlen = static_cast<std::uint8_t>(a.local.prefix());
  header.ifa_scope = a.scope;
  header.ifa_index = a.link;
  message_builder m(type, flags, header);
  m.set_names(address_names);
  put_ip(m, IFA_LOCAL, a.local.address());
  put_ip(m, IFA_ADDRESS, a.peer ? *a.peer : a.local.address());
  return m;
}

std::uint32_t seconds_of(const std::optional<std::chrono::seconds>& lifetime) noexcept
{
  return lifetime ? static_cast<std::uint32_t>(lifetime->count()) : forever;
}

} // namespace

result<> check_link_name(std::string_view name)
{
  constexpr std::string_view refused("/: \t\n\v\f\r\0", 9);
  if (name.empty() || name.size() >= IFNAMSIZ || name == "." || name == ".." ||
      name.find_first_of(refused) != name.npos) {
    return error::argument("interface name \"" + std::string(name) +
                           "\": 1 to 15 bytes, without '/', ':' and white space");
  }
  return success();
}

result<message_builder> encode_new_link(const veth& pair)
{
  BOOST_OUTCOME_TRYV(check_link_name(pair.name()));
  BOOST_OUTCOME_TRYV(check_link_name(pair.peer()));
  auto m = link_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
  m.put_string(IFLA_IFNAME, pair.name());
  if (pair.mtu()) m.put_u32(IFLA_MTU, *pair.mtu());
  if (pair.own_address()) put_mac(m, IFLA_ADDRESS, *pair.own_address());
  const auto info = m.begin_nested(IFLA_LINKINFO);
  m.put_string(IFLA_INFO_KIND, "veth");
  const auto data = m.begin_nested(IFLA_INFO_DATA);
  // holds a whole link message: a header, and attributes after it
  const auto peer = m.begin_unmarked(VETH_INFO_PEER);
  const ifinfomsg header{};
  m.append(std::as_bytes(std::span(&header, 1)));
  m.put_string(IFLA_IFNAME, pair.peer());
  if (pair.peer_namespace() >= 0)
    m.put_u32(IFLA_NET_NS_FD, static_cast<std::uint32_t>(pair.peer_namespace()));
  if (pair.mtu()) m.put_u32(IFLA_MTU, *pair.mtu());
  if (pair.peer_address()) put_mac(m, IFLA_ADDRESS, *pair.peer_address());
  m.end_nested(peer);
  m.end_nested(data);
  m.end_nested(info);
  return m;
}

result<message_builder> encode_change(const link_id& which, const link_change& change)
{
  ifinfomsg header{};
  if (change.is_up()) {
    header.ifi_change = IFF_UP;
    header.ifi_flags = *change.is_up() ? IFF_UP : 0;
  }
  BOOST_OUTCOME_TRY(auto m, about(which, RTM_NEWLINK, header));
  if (change.name()) {
    BOOST_OUTCOME_TRYV(check_link_name(*change.name()));
    m.put_string(IFLA_IFNAME, *change.name());
  }
  if (change.mtu()) m.put_u32(IFLA_MTU, *change.mtu());
  if (change.address()) put_mac(m, IFLA_ADDRESS, *change.address());
  if (change.alias()) m.put(IFLA_IFALIAS, std::as_bytes(std::span(*change.alias())));
  if (change.tx_queue_length()) m.put_u32(IFLA_TXQLEN, *change.tx_queue_length());
  if (change.master()) m.put_u32(IFLA_MASTER, *change.master());
  if (change.target_namespace() >= 0)
    m.put_u32(IFLA_NET_NS_FD, static_cast<std::uint32_t>(change.target_namespace()));
  return m;
}

result<message_builder> encode_remove(const link_id& which)
{
  return about(which, RTM_DELLINK, ifinfomsg{});
}

result<message_builder> encode_get(const link_id& which)
{
  BOOST_OUTCOME_TRY(auto m, about(which, RTM_GETLINK, ifinfomsg{}));
  m.put_u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  return m;
}

message_builder encode_list_links()
{
  auto m = link_message(RTM_GETLINK, 0, ifinfomsg{});
  // a link without its counters is a third as long
  m.put_u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  return m;
}

message_builder encode_new(const address& a)
{
  auto m = address_message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, a);
  if (a.broadcast) put_ip(m, IFA_BROADCAST, *a.broadcast);
  if (!a.label.empty()) m.put_string(IFA_LABEL, a.label);
  if (a.flags != 0) m.put_u32(IFA_FLAGS, a.flags);
  if (a.valid || a.preferred) {
    ifa_cacheinfo lifetimes{};
    lifetimes.ifa_valid = seconds_of(a.valid);
    lifetimes.ifa_prefered = seconds_of(a.preferred ? a.preferred : a.valid);
    m.put_struct(IFA_CACHEINFO, lifetimes);
  }
  return m;
}

message_builder encode_remove(const address& a)
{
  return address_message(RTM_DELADDR, 0, a);
}

message_builder encode_list_addresses()
{
  message_builder m(RTM_GETADDR, 0, ifaddrmsg{});
  m.set_names(address_names);
  return m;
}

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
