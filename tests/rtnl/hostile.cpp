// What the kernel sends is read with care, whatever it is.
#include "rtnl/encode_address.hpp"
#include "rtnl/encode_address_label.hpp"
#include "rtnl/encode_bridge.hpp"
#include "rtnl/encode_link.hpp"
#include "rtnl/encode_neighbour.hpp"
#include "rtnl/encode_netns.hpp"
#include "rtnl/encode_nexthop.hpp"
#include "rtnl/encode_route.hpp"
#include "rtnl/encode_rule.hpp"

#include <linx/net/literals.hpp>
#include <linx/rtnl/neighbour_table.hpp>
#include <linx/rtnl/netconf.hpp>
#include <linx/rtnl/new_link.hpp>

#include <boost/test/unit_test.hpp>

#include <linux/neighbour.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <random>

BOOST_AUTO_TEST_SUITE(rtnl_hostile)

namespace netlink = linx::netlink;
namespace rtnl = linx::rtnl;
using namespace linx::net::literals;

namespace {

// Decodes a message as every kind of object and prints what comes out; the number of characters.
std::size_t read_as_all(const netlink::message_view& m)
{
  std::size_t printed = 0;
  if (const auto l = rtnl::link::decode(m)) printed += to_string(*l).size();
  if (const auto p = rtnl::port_vlans::decode(m)) printed += to_string(*p).size();
  if (const auto f = rtnl::fdb_entry::decode(m)) printed += to_string(*f).size();
  if (rtnl::decode_netns_id(m)) ++printed;
  if (const auto a = rtnl::address::decode(m)) printed += to_string(*a).size();
  if (const auto l = rtnl::address_label::decode(m)) printed += to_string(*l).size();
  if (const auto r = rtnl::route::decode(m)) printed += to_string(*r).size();
  if (const auto n = rtnl::nexthop::decode(m)) printed += to_string(*n).size();
  if (const auto b = rtnl::nexthop_bucket::decode(m)) printed += to_string(*b).size();
  if (const auto r = rtnl::rule::decode(m)) printed += to_string(*r).size();
  if (const auto n = rtnl::neighbour::decode(m)) printed += to_string(*n).size();
  if (const auto t = rtnl::neighbour_table::decode(m)) printed += to_string(*t).size();
  if (const auto n = rtnl::netconf::decode(m)) printed += to_string(*n).size();
  return printed;
}

// Links of kinds that have attributes of every shape: nests, lists, addresses of both families, masks.
void add_links(std::vector<netlink::message_builder>& all)
{
  const auto add = [&all](rtnl::link_data data) {
    auto settings = rtnl::link_change();
    settings.alias("an alias").group(7).address("02:00:00:00:00:01"_mac);
    auto l = rtnl::new_link("name", std::move(data)).lower(2u).with(settings);
    auto encoded = rtnl::encode_new_link(l, 0);
    BOOST_REQUIRE_MESSAGE(encoded.has_value(), (encoded ? std::string() : encoded.error().message()));
    all.push_back(std::move(encoded).value());
  };
  rtnl::bridge bridge;
  bridge.ageing_time = std::chrono::milliseconds(300);
  bridge.multicast_query_interval = std::chrono::milliseconds(300);
  bridge.group_address = "01:80:c2:00:00:05"_mac;
  bridge.mst = true;
  add(bridge);
  rtnl::vlan vlan(7);
  vlan.gvrp = true;
  vlan.ingress = {{1, 2}, {3, 4}};
  add(vlan);
  rtnl::bond bond;
  bond.arp_targets = {"10.0.0.1"_ip};
  bond.ns_targets = {"2001:db8::1"_ip};
  add(bond);
  rtnl::vxlan vxlan(7);
  vxlan.group = "2001:db8::1"_ip;
  vxlan.local = "2001:db8::2"_ip;
  vxlan.source_ports = {1, 2};
  vxlan.ageing = std::chrono::seconds(5);
  vxlan.gbp = true;
  add(vxlan);
  rtnl::macvlan macvlan(rtnl::macvlan_mode::source);
  macvlan.sources = {"02:00:00:00:00:09"_mac, "02:00:00:00:00:0a"_mac};
  add(macvlan);
  rtnl::sit sit("10.0.0.1"_ip, "10.0.0.2"_ip);
  sit.prefix_6rd = "2001:db8::"_ip;
  add(sit);
  rtnl::ip6gre gre("2001:db8::1"_ip, "2001:db8::2"_ip);
  gre.set_key(7);
  add(gre);
  rtnl::other_kind other("nosuchkind");
  other.data.resize(17);
  add(other);

  // as the kernel tells of ports, other names and programs
  netlink::message_builder port(RTM_NEWLINK, 0, ifinfomsg{});
  const std::vector<std::string> names{"first", "second"};
  for (const auto& part :
       {rtnl::encode_change(1u, rtnl::link_change().port(rtnl::bridge_port())).value(),
        rtnl::encode_alternative_names(RTM_NEWLINKPROP, 1u, names).value(),
        rtnl::encode_attach_xdp(1u, rtnl::xdp_program(3).mode(rtnl::xdp_mode::generic)).value()})
    port.append(part.bytes().subspan(sizeof(nlmsghdr) + sizeof(ifinfomsg)));
  all.push_back(port);
  all.push_back(rtnl::encode_bridge_vlan(RTM_NEWLINK, 1, rtnl::bridge_vlan(10, 20)).value());
  rtnl::fdb_entry far(3, "02:00:00:00:00:12"_mac);
  far.destination = "10.0.0.9"_ip;
  far.port = 4790;
  far.vni = 50;
  far.vlan = 7;
  all.push_back(rtnl::encode_fdb(RTM_NEWNEIGH, 0, far).value());
  all.push_back(rtnl::encode_netns_id(RTM_NEWNSID, 3, 7));
}

// A message of each kind, with as many attributes as linx can write.
std::vector<netlink::message_builder> full_messages()
{
  std::vector<netlink::message_builder> all;
  rtnl::address a(2, "2001:db8::1/64"_ifaddr);
  a.peer = "2001:db8::2"_ip;
  a.flags = 0x202;
  a.valid = std::chrono::seconds(60);
  all.push_back(rtnl::encode_new(a, 0).value());
  all.push_back(rtnl::encode_new(rtnl::address_label("2001:db8::/32"_subnet, 7), 0).value());
  rtnl::route r("2001:db8:1::/48"_subnet);
  r.hops = {rtnl::next_hop().via("2001:db8::2"_ip).dev(2),
            rtnl::next_hop().via("10.0.0.1"_ip).dev(3).share(9)};
  r.hops[1].encap = rtnl::encapsulation(5, std::vector<std::byte>(24));
  r.metrics = rtnl::route_metrics().mtu(1400).lock(rtnl::route_metric::mtu).congestion_control("cubic");
  r.from = "2001:db8:2::/48"_subnet;
  r.expires = std::chrono::seconds(5);
  r.preference = rtnl::route_preference::low;
  all.push_back(rtnl::encode_new(r, 0).value());
  const auto how = rtnl::resilient_group().buckets(8).idle_timer(std::chrono::seconds(1));
  all.push_back(rtnl::encode_new(rtnl::nexthop(10).member(1).member(2, 300).resilient(how), 0).value());
  all.push_back(rtnl::encode_new(rtnl::nexthop(1).via("10.0.0.1"_ip).dev(2).onlink(), 0).value());
  auto rule = rtnl::rule().from("10.1.0.0/16"_subnet).to("10.2.0.0/16"_subnet).marked(7, 15).in("eth0").at(7);
  rule.of_users({1, 2}).from_ports({1, 2}).to_ports(3).suppress_prefixes(1).suppress_links(2);
  rule.with_dscp(1, 3).with_flow_label(1, 3).in_realms(rtnl::realms(1, 2));
  all.push_back(rtnl::encode_new(rule).value());
  auto neighbour = rtnl::neighbour(2, "10.0.0.1"_ip).at("02:00:00:00:00:01"_mac).managed();
  neighbour.protocol = 4;
  all.push_back(rtnl::encode_new(neighbour, 0));
  // of kernels that are newer than linx
  for (auto& m : all) {
    m.put_u32(200, 7);
    m.put(201 | NLA_F_NESTED, std::vector<std::byte>(3));
  }
  add_links(all);
  netlink::message_builder table(RTM_NEWNEIGHTBL, 0, ndtmsg{AF_INET, 0, 0});
  table.put_string(NDTA_NAME, "arp_cache");
  table.put_struct(NDTA_CONFIG, ndt_config{});
  table.put_struct(NDTA_STATS, ndt_stats{});
  {
    const auto inside = table.nested(NDTA_PARMS);
    table.put_u64(NDTPA_BASE_REACHABLE_TIME, ~std::uint64_t(0));
  }
  all.push_back(table);
  netlink::message_builder netconf(RTM_NEWNETCONF, 0, netconfmsg{AF_INET});
  netconf.put_s32(NETCONFA_IFINDEX, -1);
  netconf.put_s32(NETCONFA_FORWARDING, 1);
  all.push_back(netconf);
  return all;
}

} // namespace

// Errors print requests, and events print what the kernel sent: any bytes must be safe.
BOOST_AUTO_TEST_CASE(random_messages_do_no_harm)
{
  std::mt19937 random(99);
  constexpr std::uint16_t types[] = {RTM_NEWLINK,     RTM_DELLINK,    RTM_NEWADDR,      RTM_NEWROUTE,
                                     RTM_DELROUTE,    RTM_NEWRULE,    RTM_NEWNEIGH,     RTM_NEWNEXTHOP,
                                     RTM_NEWNEIGHTBL, RTM_NEWNETCONF, RTM_NEWADDRLABEL, RTM_NEWNEXTHOPBUCKET};
  for (int round = 0; round < 20000; ++round) {
    std::vector<std::byte> body(random() % 120);
    for (auto& b : body) b = static_cast<std::byte>(random() % 6 == 0 ? random() : random() % 20);
    if (!body.empty() && random() % 4 != 0) body[0] = std::byte(random() % 2 != 0 ? AF_INET : AF_INET6);
    if (!body.empty() && random() % 4 == 0) body[0] = std::byte(AF_UNSPEC);
    body.shrink_to_fit();
    nlmsghdr header{};
    header.nlmsg_type = types[random() % std::size(types)];
    const netlink::message_view m(header, body);
    const std::size_t printed = read_as_all(m);
    BOOST_REQUIRE(printed < 100000u);
  }
}

// Cut off at every byte, in memory of exactly that size: the sanitizer sees a read behind it.
BOOST_AUTO_TEST_CASE(messages_end_anywhere)
{
  for (const auto& whole : full_messages()) {
    const auto bytes = whole.bytes().subspan(sizeof(nlmsghdr));
    nlmsghdr header{};
    header.nlmsg_type = whole.type();
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
      const std::vector<std::byte> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
      BOOST_REQUIRE(read_as_all(netlink::message_view(header, cut)) < 100000u);
    }
    BOOST_TEST(read_as_all(netlink::message_view(header, bytes)) > 0u);
  }
}

// Real messages with a few bytes changed reach deeper than random ones.
BOOST_AUTO_TEST_CASE(messages_with_wrong_bytes)
{
  const auto seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  const auto whole = full_messages();
  for (int round = 0; round < 30000; ++round) {
    const auto& one = whole[random() % whole.size()];
    const auto bytes = one.bytes().subspan(sizeof(nlmsghdr));
    std::vector<std::byte> body(bytes.begin(), bytes.end());
    for (auto changes = 1 + random() % 4; changes > 0; --changes)
      body[random() % body.size()] = static_cast<std::byte>(random() % 3 == 0 ? 0xff : random());
    nlmsghdr header{};
    header.nlmsg_type = one.type();
    BOOST_REQUIRE_MESSAGE(read_as_all(netlink::message_view(header, body)) < 100000u, "seed " << seed);
  }
}

BOOST_AUTO_TEST_SUITE_END()
