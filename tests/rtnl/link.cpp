// Links to bytes and back, without a kernel.
#include "rtnl/encode_link.hpp"
#include "rtnl/encoded.hpp"

#include <linx/net/literals.hpp>
#include <linx/rtnl/link_change.hpp>
#include <linx/rtnl/link_flags.hpp>
#include <linx/rtnl/veth.hpp>

#include <boost/test/unit_test.hpp>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>

BOOST_AUTO_TEST_SUITE(rtnl_link)

namespace netlink = linx::netlink;
namespace rtnl = linx::rtnl;
using namespace linx::net::literals;
using linx::test::view;

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
    // a longer one may be an alternative name
    if (name.size() < 16) BOOST_TEST(!rtnl::encode_change(name, rtnl::link_change().up()));
    BOOST_TEST(!rtnl::encode_change(1, rtnl::link_change().name(name)));
  }
  BOOST_TEST(rtnl::check_link_name("fifteen-bytes-x").has_value());
  BOOST_TEST(rtnl::encode_change(std::string(127, 'x'), rtnl::link_change().up()).has_value());
  BOOST_TEST(!rtnl::encode_change(std::string(128, 'x'), rtnl::link_change().up()));
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
  BOOST_REQUIRE(l->address.has_value());
  BOOST_TEST(l->address->size() == 20u);
  BOOST_TEST(to_string(*l).ends_with(" address 00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00"));
  BOOST_TEST(l->mtu == 0u);
}

// In ip(8)'s order, and what has no name is no word.
BOOST_AUTO_TEST_CASE(flags_in_words)
{
  const auto names = rtnl::link_flag_names(IFF_UP | IFF_PROMISC | IFF_ALLMULTI | (1u << 16) | (1u << 31));
  const std::vector<std::string_view> expected = {"ALLMULTI", "PROMISC", "UP", "LOWER_UP"};
  BOOST_TEST(names == expected, boost::test_tools::per_element());
  BOOST_TEST(rtnl::link_flag_names(0).empty());
}

BOOST_AUTO_TEST_SUITE_END()
