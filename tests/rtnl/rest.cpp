// What linx does not know of an object is kept, compared, and said again.
#include "rtnl/encode_address.hpp"
#include "rtnl/encode_address_label.hpp"
#include "rtnl/encode_bridge.hpp"
#include "rtnl/encode_neighbour.hpp"
#include "rtnl/encode_nexthop.hpp"
#include "rtnl/encode_route.hpp"
#include "rtnl/encode_rule.hpp"
#include "rtnl/encoded.hpp"

#include <linx/net/literals.hpp>
#include <linx/rtnl/netconf.hpp>

#include <boost/test/unit_test.hpp>

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_addrlabel.h>
#include <linux/neighbour.h>
#include <linux/netconf.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>

BOOST_AUTO_TEST_SUITE(rtnl_rest)

namespace netlink = linx::netlink;
namespace rtnl = linx::rtnl;
using namespace linx::net::literals;
using linx::test::hex;
using linx::test::view;

namespace {

constexpr std::uint16_t unknown = 200;
constexpr std::array content{std::byte(1), std::byte(2), std::byte(3)};

template <class Object>
Object read(const netlink::message_builder& m)
{
  const auto one = Object::decode(view(m));
  BOOST_REQUIRE(one.has_value());
  return *one;
}

template <class Header>
std::string said(const netlink::message_builder& m, std::uint16_t type)
{
  const auto a = view(m).attributes_after<Header>().find(type);
  return a ? std::to_string(a->raw_type()) + ": " + hex(a->payload()) : "";
}

// `add` and `remove` encode.
template <class Header, class Object, class Add, class Remove>
void keeps(const Object& one, Add add, Remove remove)
{
  auto told = add(one).value();
  told.put(unknown, content);
  told.put((unknown + 1) | NLA_F_NESTED, {});
  const auto seen = read<Object>(told);
  BOOST_TEST(!(seen == one));
  BOOST_TEST(seen.rest.bytes().size() == 12u);
  BOOST_TEST(to_string(seen).ends_with(" #200 010203 #201 "), to_string(seen));
  for (const auto& again : {add(seen).value(), remove(seen).value()}) {
    BOOST_TEST(again.check().has_value());
    BOOST_TEST(said<Header>(again, unknown) == "200: 010203");
    BOOST_TEST(said<Header>(again, unknown + 1) == std::to_string((unknown + 1) | NLA_F_NESTED) + ": ");
  }
  BOOST_TEST((read<Object>(add(seen).value()) == seen));
  auto other = seen;
  other.rest = {};
  BOOST_TEST((other == one), to_string(other) << " is not " << to_string(one));
}

} // namespace

BOOST_AUTO_TEST_CASE(of_a_rule)
{
  const auto one = rtnl::rule().from("10.1.0.0/16"_subnet).lookup(100).at(1000);
  keeps<fib_rule_hdr>(
      one, [](const rtnl::rule& r) { return rtnl::encode_new(r); },
      [](const rtnl::rule& r) { return rtnl::encode_remove(r); });
}

BOOST_AUTO_TEST_CASE(of_a_neighbour)
{
  auto one = rtnl::neighbour(2, "10.0.0.7"_ip).at("02:00:00:00:00:07"_mac);
  one.protocol = 99;
  keeps<ndmsg>(
      one,
      [](const rtnl::neighbour& n) { return linx::result<netlink::message_builder>(rtnl::encode_new(n, 0)); },
      [](const rtnl::neighbour& n) {
        return linx::result<netlink::message_builder>(rtnl::encode_remove(n));
      });
}

BOOST_AUTO_TEST_CASE(of_a_forwarding_entry)
{
  rtnl::fdb_entry one(3, "02:00:00:00:00:08"_mac);
  one.destination = "10.0.0.9"_ip;
  one.flags = NTF_SELF;
  keeps<ndmsg>(
      one, [](const rtnl::fdb_entry& e) { return rtnl::encode_fdb(RTM_NEWNEIGH, 0, e); },
      [](const rtnl::fdb_entry& e) { return rtnl::encode_fdb(RTM_DELNEIGH, 0, e); });
}

BOOST_AUTO_TEST_CASE(of_an_address)
{
  rtnl::address one(2, "10.0.0.1/24"_ifaddr);
  one.valid = std::chrono::seconds(90);
  one.preferred = std::chrono::seconds(80);
  keeps<ifaddrmsg>(
      one, [](const rtnl::address& a) { return rtnl::encode_new(a, 0); },
      [](const rtnl::address& a) { return rtnl::encode_remove(a); });
}

BOOST_AUTO_TEST_CASE(of_an_address_label)
{
  keeps<ifaddrlblmsg>(
      rtnl::address_label("2001:db8::/32"_subnet, 7),
      [](const rtnl::address_label& l) { return rtnl::encode_new(l, 0); },
      [](const rtnl::address_label& l) { return rtnl::encode_remove(l); });
}

BOOST_AUTO_TEST_CASE(of_a_netconf)
{
  netlink::message_builder told(RTM_NEWNETCONF, 0, netconfmsg{AF_INET});
  told.put_s32(NETCONFA_IFINDEX, 2);
  const auto bare = read<rtnl::netconf>(told);
  told.put(unknown, content);
  const auto seen = read<rtnl::netconf>(told);
  BOOST_TEST(!(seen == bare));
  BOOST_TEST(to_string(seen) == "inet dev 2 #200 010203");
}

// A nexthop is removed by its number alone.
BOOST_AUTO_TEST_CASE(of_a_nexthop)
{
  const auto add = [](const rtnl::nexthop& n) { return rtnl::encode_new(n, 0); };
  for (const auto& one : {rtnl::nexthop(1).via("10.0.0.1"_ip).dev(2).of(linx::net::family::v4),
                          rtnl::nexthop(10).member(1).member(2, 3)})
    keeps<nhmsg>(one, add, add);
  auto group = rtnl::nexthop(10).member(1).resilient(rtnl::resilient_group().buckets(8));
  auto told = add(group).value();
  for (const std::uint16_t type : {14, 15, 17}) told.put_u32(type, 0); // what the kernel answers of groups
  BOOST_TEST(read<rtnl::nexthop>(told).rest.empty());
  BOOST_TEST((read<rtnl::nexthop>(told) == read<rtnl::nexthop>(add(group).value())));
}

BOOST_AUTO_TEST_CASE(of_a_route)
{
  auto one = rtnl::route("10.1.0.0/16"_subnet).via("10.0.0.1"_ip).dev(2);
  one.scope = RT_SCOPE_UNIVERSE;
  one.metrics = rtnl::route_metrics().mtu(1400);
  keeps<rtmsg>(
      one, [](const rtnl::route& r) { return rtnl::encode_new(r, 0); },
      [](const rtnl::route& r) { return rtnl::encode_remove(r); });
}

// Each way has its own.
BOOST_AUTO_TEST_CASE(of_one_way_among_several)
{
  rtnl::route one("10.1.0.0/16"_subnet);
  one.scope = RT_SCOPE_UNIVERSE;
  one.hops = {rtnl::next_hop().dev(2), rtnl::next_hop().dev(3)};
  one.hops[1].rest.add(netlink::attribute(unknown, content));
  const auto seen = read<rtnl::route>(rtnl::encode_new(one, 0).value());
  BOOST_TEST((seen == one), to_string(seen) << " is not " << to_string(one));
  BOOST_TEST(seen.hops[0].rest.empty());
  BOOST_TEST(to_string(seen).find("dev 3 #200 010203") != std::string::npos, to_string(seen));
}

// What is known is no rest, in whatever order and however often it comes.
BOOST_AUTO_TEST_CASE(what_is_known_is_not_kept_twice)
{
  auto told = rtnl::encode_new(rtnl::rule().lookup(1000).at(7).marked(1)).value();
  told.put_u32(FRA_SUPPRESS_PREFIXLEN, ~0u);
  told.put(FRA_PAD, {});
  told.put_u32(FRA_PRIORITY, 8);
  const auto seen = read<rtnl::rule>(told);
  BOOST_TEST(seen.rest.empty());
  BOOST_TEST((seen.priority == 8u));
  BOOST_TEST(!seen.suppress_prefix_length.has_value());
}

BOOST_AUTO_TEST_CASE(the_kernels_full_masks_are_none)
{
  auto told = rtnl::encode_new(rtnl::rule().from_ports({80, 90}).to_ports(443).with_dscp(10)).value();
  const auto bare = read<rtnl::rule>(told);
  for (const std::uint16_t type : {28, 29})
    told.put_u16(type, type == 28 ? 0 : 0xffff); // FRA_SPORT_MASK, FRA_DPORT_MASK
  told.put_u8(30, 0x3f);                         // FRA_DSCP_MASK
  BOOST_TEST((read<rtnl::rule>(told) == bare));
  BOOST_TEST(bare.rest.empty());
}

BOOST_AUTO_TEST_SUITE_END()
