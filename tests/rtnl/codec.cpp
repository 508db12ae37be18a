// Values to bytes and back, without a kernel.
#include "rtnl/encode.hpp"

#include <linx/net/literals.hpp>
#include <linx/ns/handle.hpp>

#include <boost/test/unit_test.hpp>

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>

#include <random>

namespace netlink = linx::netlink;
namespace rtnl = linx::rtnl;
using namespace linx::net::literals;

namespace {

netlink::message_view view(const netlink::message_builder& m)
{
  return *netlink::messages(m.bytes()).begin();
}

std::string hex(std::span<const std::byte> bytes)
{
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const auto b : bytes) {
    text += digits[static_cast<std::size_t>(b) >> 4];
    text += digits[static_cast<std::size_t>(b) & 15];
  }
  return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(rtnl_codec)

// The bytes that `ip route add 10.1.0.0/16 via 10.0.0.1 metric 7` sends, but for sequence number and
// NLM_F_ACK.
BOOST_AUTO_TEST_CASE(a_route_is_these_bytes)
{
  auto r = rtnl::route("10.1.0.0/16"_subnet).via("10.0.0.1"_ip);
  r.metric = 7;
  r.protocol = RTPROT_BOOT;
  const auto m = rtnl::encode_new(r, NLM_F_CREATE | NLM_F_EXCL);
  BOOST_TEST(hex(m.bytes()) == "34000000"
                               "18000106"
                               "0000000000000000"
                               "02100000fe03000100000000"
                               "080001000a010000"
                               "080005000a000001"
                               "0800060007000000");
}

BOOST_AUTO_TEST_CASE(routes_read_back_as_they_were_written)
{
  std::vector<rtnl::route> routes;
  routes.push_back(rtnl::route::default_via("10.0.0.1"_ip));
  routes.push_back(rtnl::route::default_via("fe80::1"_ip).dev(3));
  routes.push_back(rtnl::route("10.0.0.0/8"_subnet).dev(2));
  routes.push_back(rtnl::route("2001:db8::/32"_subnet).dev(2));
  routes.push_back(rtnl::route("10.2.0.0/16"_subnet).via("fe80::1"_ip).dev(4)); // RTA_VIA
  auto far = rtnl::route("10.3.0.0/16"_subnet).dev(5);
  far.table = 1000;
  far.metric = 4;
  far.source = "10.0.0.7"_ip;
  far.type = rtnl::route_type::local;
  routes.push_back(far);
  rtnl::route hole("10.4.0.0/16"_subnet);
  hole.type = rtnl::route_type::blackhole;
  routes.push_back(hole);
  rtnl::route several("10.5.0.0/16"_subnet);
  for (std::uint32_t n = 1; n <= 3; ++n) {
    rtnl::next_hop hop;
    hop.output = n;
    hop.weight = n * 10;
    if (n == 2) hop.gateway = "10.0.0.2"_ip;
    several.hops.push_back(hop);
  }
  routes.push_back(several);

  for (auto& r : routes) {
    const auto decoded = rtnl::route::decode(view(rtnl::encode_new(r, 0)));
    BOOST_REQUIRE(decoded.has_value());
    r.scope = decoded->scope; // chosen by the encoder
    BOOST_TEST((*decoded == r), to_string(*decoded) << " is not " << to_string(r));
  }
}

BOOST_AUTO_TEST_CASE(addresses_read_back_as_they_were_written)
{
  std::vector<rtnl::address> addresses;
  addresses.emplace_back(2, "10.0.0.1/24"_ifaddr);
  addresses.back().broadcast = "10.0.0.255"_ip;
  addresses.back().label = "eth0:1";
  addresses.emplace_back(3, "2001:db8::1/64"_ifaddr);
  addresses.back().flags = IFA_F_NODAD;
  addresses.back().valid = std::chrono::seconds(60);
  addresses.back().preferred = std::chrono::seconds(30);
  addresses.emplace_back(4, "10.0.0.1/32"_ifaddr);
  addresses.back().peer = "10.0.0.2"_ip;
  addresses.back().scope = RT_SCOPE_LINK;
  for (const auto& a : addresses) {
    const auto decoded = rtnl::address::decode(view(rtnl::encode_new(a)));
    BOOST_REQUIRE(decoded.has_value());
    BOOST_TEST((*decoded == a), to_string(*decoded) << " is not " << to_string(a));
  }
}

// VETH_INFO_PEER holds a whole link message: the one place where a header stands between attributes.
BOOST_AUTO_TEST_CASE(a_veth_names_its_peer_inside)
{
  auto pair = rtnl::veth("v0", "v1").mtu(1400).address("02:00:00:00:00:01"_mac, "02:00:00:00:00:02"_mac);
  const auto encoded = rtnl::encode_new_link(pair);
  BOOST_REQUIRE(encoded.has_value());
  const auto m = view(encoded.value());
  BOOST_TEST((m.flags() & (NLM_F_CREATE | NLM_F_EXCL)) == (NLM_F_CREATE | NLM_F_EXCL));
  const auto own = m.attributes_after<ifinfomsg>();
  BOOST_TEST(own.find(IFLA_IFNAME)->as_string() == "v0");
  const auto data = own.find(IFLA_LINKINFO)->nested().find(IFLA_INFO_DATA);
  const auto peer = data->nested().find(VETH_INFO_PEER);
  BOOST_REQUIRE(peer.has_value());
  const netlink::attributes inner(peer->payload().subspan(sizeof(ifinfomsg)));
  BOOST_TEST(inner.find(IFLA_IFNAME)->as_string() == "v1");
  BOOST_TEST((inner.find(IFLA_MTU)->as<std::uint32_t>() == 1400u));
  BOOST_TEST(!inner.find(IFLA_NET_NS_FD).has_value());
}

BOOST_AUTO_TEST_CASE(names_that_no_interface_can_have_are_refused_before_anything_is_sent)
{
  for (const auto& name :
       {std::string(), std::string("."), std::string(".."), std::string("a/b"), std::string("a b"),
        std::string("eth0:1"), std::string("sixteen-bytes-xx"), std::string("a\0b", 3)}) {
    BOOST_TEST(!rtnl::check_link_name(name));
    BOOST_TEST(!rtnl::encode_new_link(rtnl::veth(name, "v1")));
    BOOST_TEST(!rtnl::encode_new_link(rtnl::veth("v0", name)));
    BOOST_TEST(!rtnl::encode_change(name, rtnl::link_change().up()));
    BOOST_TEST(!rtnl::encode_change(1, rtnl::link_change().name(name)));
  }
  BOOST_TEST(rtnl::check_link_name("fifteen-bytes-x").has_value());
  const auto refused = rtnl::check_link_name("a/b");
  BOOST_TEST(refused.error().message().find("a/b") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_change_holds_what_was_named_and_nothing_else)
{
  const auto up = rtnl::encode_change("v0", rtnl::link_change().up());
  const auto m = view(up.value());
  BOOST_TEST(m.family_header<ifinfomsg>().ifi_flags == unsigned(IFF_UP));
  BOOST_TEST(m.family_header<ifinfomsg>().ifi_change == unsigned(IFF_UP));
  BOOST_TEST(std::distance(m.attributes_after<ifinfomsg>().begin(), m.attributes_after<ifinfomsg>().end()) ==
             1);
  const auto rename = rtnl::encode_change(7, rtnl::link_change().name("x"));
  BOOST_TEST(view(rename.value()).family_header<ifinfomsg>().ifi_index == 7);
  BOOST_TEST(view(rename.value()).family_header<ifinfomsg>().ifi_change == 0u);
}

// A bridge tells of its ports with RTM_NEWLINK and RTM_DELLINK of its own family: taking the latter for the
// end of the link would lose it.
BOOST_AUTO_TEST_CASE(messages_of_other_families_are_not_links)
{
  ifinfomsg header{};
  header.ifi_family = AF_BRIDGE;
  header.ifi_index = 2;
  const netlink::message_builder m(RTM_DELLINK, 0, header);
  BOOST_TEST(!rtnl::link::decode(view(m)).has_value());
}

// An Infiniband address has 20 bytes; a link of an unknown kind is still a link.
BOOST_AUTO_TEST_CASE(what_is_unknown_is_left_out)
{
  netlink::message_builder m(RTM_NEWLINK, 0, ifinfomsg{});
  m.put_string(IFLA_IFNAME, "ib0");
  m.put(IFLA_ADDRESS, std::vector<std::byte>(20));
  m.put_u32(9999, 1);
  m.put_u8(IFLA_MTU, 1);
  const auto l = rtnl::link::decode(view(m));
  BOOST_REQUIRE(l.has_value());
  BOOST_TEST(l->name == "ib0");
  BOOST_TEST(!l->address.has_value());
  BOOST_TEST(l->mtu == 0u);
}

// Errors print requests, and events print what the kernel sent: any bytes must be safe.
BOOST_AUTO_TEST_CASE(random_messages_do_no_harm)
{
  std::mt19937 random(99);
  constexpr std::uint16_t types[] = {RTM_NEWLINK, RTM_DELLINK, RTM_NEWADDR, RTM_NEWROUTE, RTM_DELROUTE};
  for (int round = 0; round < 20000; ++round) {
    std::vector<std::byte> body(random() % 120);
    for (auto& b : body) b = static_cast<std::byte>(random() % 6 == 0 ? random() : random() % 20);
    if (!body.empty() && random() % 4 != 0) body[0] = std::byte(random() % 2 != 0 ? AF_INET : AF_INET6);
    if (!body.empty() && random() % 4 == 0) body[0] = std::byte(AF_UNSPEC);
    body.shrink_to_fit();
    nlmsghdr header{};
    header.nlmsg_type = types[random() % std::size(types)];
    const netlink::message_view m(header, body);
    std::size_t printed = 0;
    if (const auto l = rtnl::link::decode(m)) printed += to_string(*l).size();
    if (const auto a = rtnl::address::decode(m)) printed += to_string(*a).size();
    if (const auto r = rtnl::route::decode(m)) printed += to_string(*r).size();
    BOOST_REQUIRE(printed < 100000u);
  }
}

BOOST_AUTO_TEST_SUITE_END()
