// Requests about objects other than links, against those that ip(8) 6.1 sends for the same words.
#include "rtnl/encode_address.hpp"
#include "rtnl/encode_address_label.hpp"
#include "rtnl/encode_bridge.hpp"
#include "rtnl/encode_neighbour.hpp"
#include "rtnl/encode_nexthop.hpp"
#include "rtnl/encode_route.hpp"
#include "rtnl/encode_rule.hpp"
#include "rtnl/recorded.hpp"

#include <linx/net/literals.hpp>

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_addrlabel.h>
#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include <netinet/in.h>

BOOST_AUTO_TEST_SUITE(rtnl_recorded_objects)

namespace netlink = linx::netlink;
namespace rtnl = linx::rtnl;
using namespace linx::net::literals;
using linx::test::message_lines;
using linx::test::same_lines;
using linx::test::unhex;
using linx::test::view;

namespace {

template <class Header, class Object>
void matches(const linx::result<netlink::message_builder>& request, std::string_view recorded,
             const Object& wanted)
{
  BOOST_REQUIRE_MESSAGE(request.has_value(), (request ? std::string() : request.error().message()));
  const auto& names = *request.value().names();
  const auto theirs = unhex(recorded);
  same_lines(message_lines(request.value().bytes(), sizeof(Header), names),
             message_lines(theirs, sizeof(Header), names));
  const auto read = Object::decode(*netlink::messages(theirs).begin());
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST((*read == wanted), to_string(*read) << " is not " << to_string(wanted));
}

} // namespace

// ip rule add not from 10.1.0.0/16 to 10.2.3.0/24 tos 0x10 iif v0 oif v1 fwmark 0x10/0xf0 uidrange 5-6
// ipproto tcp sport 80-90 dport 443 lookup 1000 realms 3/7 suppress_prefixlength 8 suppress_ifgroup 3
// tun_id 9 pref 1000 protocol 99
BOOST_AUTO_TEST_CASE(a_rule_of_every_selector)
{
  auto r = rtnl::rule().from("10.1.0.0/16"_subnet).to("10.2.3.0/24"_subnet).invert().with_tos(0x10);
  r.in("v0").out("v1").marked(0x10, 0xf0).of_users({5, 6}).with_ip_protocol(IPPROTO_TCP);
  r.from_ports({80, 90}).to_ports(443).lookup(1000).in_realms(rtnl::realms(3, 7));
  r.suppress_prefixes(8).suppress_links(3).at(1000);
  r.tunnel_id = 9;
  r.protocol = 99;
  matches<fib_rule_hdr>(rtnl::encode_new(r),
                        "ac0000002000050629850d6b00000000021810100000000102000000080002000a010000080001000a02"
                        "03000700030076300000"
                        "070011007631000008000a001000000008001000f00000000c0014000500000006000000050016000600"
                        "00000800170050005a00"
                        "08001800bb01bb0108000f00e803000008000b000700030008000e000800000008000d00030000000c00"
                        "0c000000000000000009"
                        "08000600e80300000500150063000000",
                        r);
}

// ip -6 rule add from 2001:db8::/32 goto 2000 pref 7; ip rule add l3mdev pref 8
BOOST_AUTO_TEST_CASE(rules_that_go_elsewhere)
{
  auto onward = rtnl::rule(linx::net::family::v6).from("2001:db8::/32"_subnet).go_to(2000).at(7);
  onward.protocol = 0;
  matches<fib_rule_hdr>(rtnl::encode_new(onward),
                        "400000002000050629850d6b000000000a00200000000002000000001400020020010db8000000000000"
                        "00000000000008000400d00700000800060007000000",
                        onward);
  auto of_vrfs = rtnl::rule().lookup_l3mdev().at(8);
  of_vrfs.protocol = 0;
  matches<fib_rule_hdr>(
      rtnl::encode_new(of_vrfs),
      "2c0000002000050629850d6b0000000002000000000000010000000005001300010000000800060008000000", of_vrfs);
}

// ip rule del pref 1000 table 1000
BOOST_AUTO_TEST_CASE(a_rule_that_goes)
{
  auto r = rtnl::rule().lookup(1000).at(1000);
  r.action = rtnl::rule_action::unspecified;
  r.protocol = 0;
  matches<fib_rule_hdr>(
      rtnl::encode_remove(r),
      "2c000000210005002a850d6b0000000002000000000000000000000008000600e803000008000f00e8030000", r);
}

// ip neigh add 10.0.0.7 lladdr 02:00:00:00:00:07 nud noarp extern_learn protocol 99 dev v0; the same without
// more than its name is deleted; ip neigh add 2001:db8::7 lladdr 02:00:00:00:00:07 router managed dev v0;
// ip neigh add proxy 10.0.0.9 dev v0
BOOST_AUTO_TEST_CASE(neighbours)
{
  const auto add = [](const rtnl::neighbour& n) {
    return linx::result<netlink::message_builder>(rtnl::encode_new(n, NLM_F_CREATE | NLM_F_EXCL));
  };
  auto learned = rtnl::neighbour(3, "10.0.0.7"_ip).at("02:00:00:00:00:07"_mac).in_state(NUD_NOARP).external();
  learned.protocol = 99;
  matches<ndmsg>(
      add(learned),
      "380000001c0005062b850d6b0000000002000000030000004000100005000c0063000000080001000a0000070a000200"
      "0200000000070000",
      learned);
  auto named = rtnl::neighbour(3, "10.0.0.7"_ip);
  named.state = 0;
  matches<ndmsg>(linx::result<netlink::message_builder>(rtnl::encode_remove(learned)),
                 "240000001d0005002b850d6b00000000020000000300000000000000080001000a000007", named);
  const auto managed = rtnl::neighbour(3, "2001:db8::7"_ip).at("02:00:00:00:00:07"_mac).router().managed();
  matches<ndmsg>(
      add(managed),
      "440000001c0005062b850d6b000000000a00000003000000000080001400010020010db8000000000000000000000007"
      "08000f00010000000a0002000200000000070000",
      managed);
  const auto proxy = rtnl::neighbour(3, "10.0.0.9"_ip).proxy();
  auto permanent = proxy; // ip(8) says so of a proxy too, and the kernel does not look
  permanent.state = NUD_PERMANENT;
  matches<ndmsg>(add(permanent), "240000001c0005062b850d6b00000000020000000300000080000800080001000a000009",
                 permanent);
}

// bridge fdb add 02:00:00:00:00:08 dev v0 self
BOOST_AUTO_TEST_CASE(a_forwarding_entry)
{
  rtnl::fdb_entry entry(3, "02:00:00:00:00:08"_mac);
  entry.flags = NTF_SELF;
  entry.state = rtnl::fdb_entry::permanent | rtnl::fdb_entry::fixed;
  matches<ndmsg>(rtnl::encode_fdb(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL, entry),
                 "280000001c0005062b850d6b000000000700000003000000c00002000a0002000200000000080000", entry);
}

// ip addr add 10.0.0.1 peer 10.0.0.2/32 brd 10.0.0.255 label v0:1 scope link metric 7 valid_lft 90
// preferred_lft 80 dev v0; ip addr add 2001:db8::1/64 dev v0 nodad noprefixroute;
// ip addr del 10.0.0.1 peer 10.0.0.2/32 dev v0
BOOST_AUTO_TEST_CASE(addresses)
{
  rtnl::address full(3, "10.0.0.1/32"_ifaddr);
  full.peer = "10.0.0.2"_ip;
  full.broadcast = "10.0.0.255"_ip;
  full.label = "v0:1";
  full.scope = RT_SCOPE_LINK;
  full.metric = 7;
  full.valid = std::chrono::seconds(90);
  full.preferred = std::chrono::seconds(80);
  matches<ifaddrmsg>(
      rtnl::encode_new(full, NLM_F_CREATE | NLM_F_EXCL),
      "58000000140005062a850d6b00000000022000fd03000000080002000a000001080001000a000002080004000a0000ff"
      "0900030076303a3100000000080009000700000014000600500000005a0000000000000000000000",
      full);
  rtnl::address six(3, "2001:db8::1/64"_ifaddr);
  six.flags = IFA_F_NODAD | IFA_F_NOPREFIXROUTE;
  matches<ifaddrmsg>(
      rtnl::encode_new(six, NLM_F_CREATE | NLM_F_EXCL),
      "48000000140005062a850d6b000000000a400000030000001400020020010db8000000000000000000000001080008000202"
      "00001400010020010db8000000000000000000000001",
      six);
  rtnl::address gone(3, "10.0.0.1/32"_ifaddr);
  gone.peer = "10.0.0.2"_ip;
  matches<ifaddrmsg>(rtnl::encode_remove(gone),
                     "28000000150005002a850d6b000000000220000003000000080002000a000001080001000a000002",
                     gone);
}

// ip addrlabel add prefix 2001:db8::/32 dev v0 label 7
BOOST_AUTO_TEST_CASE(an_address_label)
{
  rtnl::address_label label("2001:db8::/32"_subnet, 7);
  label.link = 3;
  matches<ifaddrlblmsg>(
      rtnl::encode_new(label, NLM_F_CREATE | NLM_F_EXCL),
      "38000000480005062a850d6b000000000a002000030000000000000008000200070000001400010020010db800000000"
      "0000000000000000",
      label);
}

// ip nexthop add id 12 group 1,3/5 type resilient buckets 8; ip nexthop add id 7 via 10.0.0.2 dev v0 onlink
BOOST_AUTO_TEST_CASE(nexthops)
{
  auto group = rtnl::nexthop(12).member(1, 3).member(5).resilient(rtnl::resilient_group().buckets(8));
  group.protocol = 0;
  matches<nhmsg>(
      rtnl::encode_new(group, NLM_F_CREATE | NLM_F_EXCL),
      "4800000068000506cd8b0d6b000000000000000000000000080001000c00000014000200010000000200000005000000000000"
      "000c000c8006000100080000000600030001000000",
      group);
  auto one = rtnl::nexthop(7).via("10.0.0.2"_ip).dev(3).onlink().of(linx::net::family::v4);
  one.protocol = 0;
  matches<nhmsg>(
      rtnl::encode_new(one, NLM_F_CREATE | NLM_F_EXCL),
      "3000000068000506cd8b0d6b0000000002000000040000000800010007000000080006000a0000020800050003000000",
      one);
}

// ip route add 10.1.0.0/16 via 10.0.0.2 realms 3/7 metric 9 mtu 1400; ip route add 10.2.0.0/16 nexthop via
// 10.0.0.2 realms 7 weight 2 nexthop via 10.0.0.3; ip -6 route add 2001:db8:9::/48 dev v0 expires 90 pref
// high
BOOST_AUTO_TEST_CASE(routes)
{
  const auto add = [](const rtnl::route& r) { return rtnl::encode_new(r, NLM_F_CREATE | NLM_F_EXCL); };
  auto one = rtnl::route("10.1.0.0/16"_subnet).via("10.0.0.2"_ip);
  one.protocol = RTPROT_BOOT;
  one.scope = RT_SCOPE_UNIVERSE;
  one.metric = 9;
  one.metrics = rtnl::route_metrics().mtu(1400);
  one.hops[0].in_realms(rtnl::realms(3, 7));
  matches<rtmsg>(
      add(one),
      "4800000018000506cd8b0d6b0000000002100000fe03000100000000080001000a010000080005000a00000208000b00070003"
      "0008000600090000000c0008000800020078050000",
      one);
  rtnl::route several("10.2.0.0/16"_subnet);
  several.protocol = RTPROT_BOOT;
  several.scope = RT_SCOPE_UNIVERSE;
  several.hops = {rtnl::next_hop().via("10.0.0.2"_ip).in_realms(rtnl::realms(7)).share(2),
                  rtnl::next_hop().via("10.0.0.3"_ip)};
  matches<rtmsg>(
      add(several),
      "5000000018000506cd8b0d6b0000000002100000fe03000100000000080001000a0200002c0009001800000100000000080005"
      "000a00000208000b00070000001000000000000000080005000a000003",
      several);
  auto passing = rtnl::route("2001:db8:9::/48"_subnet).dev(3);
  passing.protocol = RTPROT_BOOT;
  passing.scope = RT_SCOPE_UNIVERSE;
  passing.expires = std::chrono::seconds(90);
  passing.preference = rtnl::route_preference::high;
  matches<rtmsg>(
      add(passing),
      "4800000018000506cd8b0d6b000000000a300000fe030001000000001400010020010db80009000000000000000000000800"
      "17005a00000005001400010000000800040003000000",
      passing);
}

BOOST_AUTO_TEST_SUITE_END()
