// What a diff says of each combination of what is wanted, what is there, and what was applied last.
#include <linx/net/literals.hpp>
#include <linx/rtnl/link_kinds.hpp>
#include <linx/rtnl/plan.hpp>

#include <boost/test/unit_test.hpp>

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

BOOST_AUTO_TEST_SUITE(rtnl_diff)

namespace rtnl = linx::rtnl;
using namespace linx::net::literals;
using rtnl::desired;
using rtnl::desired_address;
using rtnl::desired_link;
using rtnl::desired_neighbour;
using rtnl::desired_route;
using rtnl::observed;

namespace {

constexpr std::uint8_t own = 200;

rtnl::link link_of(std::uint32_t index, const std::string& name, const std::string& kind = "")
{
  rtnl::link l;
  l.index = index;
  l.name = name;
  l.kind = kind;
  l.mtu = 1500;
  return l;
}

observed two_links()
{
  observed there;
  there.links.push_back(link_of(2, "v0", "veth"));
  there.links.push_back(link_of(3, "v1", "veth"));
  return there;
}

std::string diff_of(const desired& want, const observed& there, const desired& last = desired(own))
{
  const auto steps = rtnl::diff(want, there, last);
  BOOST_REQUIRE_MESSAGE(steps.has_value(), (steps ? std::string() : steps.error().message()));
  return to_string(steps.value());
}

std::string refusal_of(const desired& want)
{
  const auto steps = rtnl::diff(want, two_links(), desired(own));
  BOOST_REQUIRE(!steps.has_value());
  BOOST_TEST((steps.error().where() == linx::stage::argument));
  return steps.error().message();
}

// A route of somebody, as the kernel lists it.
rtnl::route listed(rtnl::route r, std::uint8_t protocol)
{
  r.protocol = protocol;
  r.scope = RT_SCOPE_LINK;
  return r;
}

} // namespace

BOOST_AUTO_TEST_CASE(nothing_wanted_of_a_full_network_is_nothing_to_do)
{
  auto there = two_links();
  there.addresses.emplace_back(2, "10.0.0.1/24"_ifaddr);
  there.routes.push_back(listed(rtnl::route("10.1.0.0/16"_subnet).dev(2), 4));
  there.neighbours.push_back(rtnl::neighbour(2, "10.0.0.7"_ip).at("02:00:00:00:00:07"_mac));
  there.rules.push_back(rtnl::rule().lookup(255).at(0));
  BOOST_TEST(diff_of(desired(own), there).empty());
}

// All eight: only what was applied by us and is wanted no longer goes.
BOOST_AUTO_TEST_CASE(addresses_and_rules_by_wanted_there_last)
{
  const desired_address a("v0", "10.0.0.1/24"_ifaddr);
  const auto r = rtnl::rule().from("10.1.0.0/16"_subnet).lookup(100).at(1000);
  for (unsigned n = 0; n < 8; ++n) {
    const bool wanted = (n & 1) != 0, is_there = (n & 2) != 0, was = (n & 4) != 0;
    desired want(own), last(own);
    auto there = two_links();
    if (wanted) want.add(a).add(r);
    if (was) last.add(a).add(r);
    if (is_there) {
      there.addresses.emplace_back(2, a.local);
      there.rules.push_back(r);
    }
    const std::string address = "address 10.0.0.1/24 dev v0\n", rule = "rule " + to_string(r) + "\n";
    std::string expected;
    if (wanted && !is_there) expected = "add " + address + "add " + rule;
    if (!wanted && is_there && was) expected = "remove " + rule + "remove " + address;
    BOOST_TEST(diff_of(want, there, last) == expected, "case " << n);
  }
}

// The same address elsewhere, with another prefix or another peer is another one.
BOOST_AUTO_TEST_CASE(addresses_are_known_by_link_prefix_and_peer)
{
  auto there = two_links();
  there.addresses.emplace_back(3, "10.0.0.1/24"_ifaddr);
  there.addresses.emplace_back(2, "10.0.0.1/25"_ifaddr);
  there.addresses.emplace_back(2, "10.0.0.1/24"_ifaddr);
  there.addresses.back().peer = "10.0.0.2"_ip;
  desired want(own);
  want.add(desired_address("v0", "10.0.0.1/24"_ifaddr));
  BOOST_TEST(diff_of(want, there) == "add address 10.0.0.1/24 dev v0\n");
}

// Each of: none, one physical address, another; an entry that was altered since is not ours to remove.
BOOST_AUTO_TEST_CASE(neighbours_by_wanted_there_last)
{
  const linx::net::mac macs[] = {"02:00:00:00:00:01"_mac, "02:00:00:00:00:02"_mac};
  for (unsigned n = 0; n < 27; ++n) {
    const unsigned wanted = n % 3, is_there = n / 3 % 3, was = n / 9;
    desired want(own), last(own);
    auto there = two_links();
    if (wanted != 0) want.add(desired_neighbour("v0", "10.0.0.7"_ip, macs[wanted - 1]));
    if (was != 0) last.add(desired_neighbour("v0", "10.0.0.7"_ip, macs[was - 1]));
    if (is_there != 0) there.neighbours.push_back(rtnl::neighbour(2, "10.0.0.7"_ip).at(macs[is_there - 1]));
    const auto words = [&macs](unsigned which) {
      return "neighbour 10.0.0.7 dev v0 lladdr " + to_string(macs[which - 1]) + "\n";
    };
    std::string expected;
    if (wanted != 0 && is_there == 0) expected = "add " + words(wanted);
    if (wanted != 0 && is_there != 0 && wanted != is_there) expected = "change " + words(wanted);
    if (wanted == 0 && was != 0 && was == is_there) expected = "remove " + words(was);
    BOOST_TEST(diff_of(want, there, last) == expected, "case " << n);
  }
}

// An entry that the kernel resolved is made permanent.
BOOST_AUTO_TEST_CASE(a_resolved_neighbour_is_changed)
{
  auto there = two_links();
  there.neighbours.push_back(
      rtnl::neighbour(2, "10.0.0.7"_ip).at("02:00:00:00:00:07"_mac).in_state(NUD_STALE));
  desired want(own);
  want.add(desired_neighbour("v0", "10.0.0.7"_ip, "02:00:00:00:00:07"_mac));
  BOOST_TEST(diff_of(want, there) == "change neighbour 10.0.0.7 dev v0 lladdr 02:00:00:00:00:07\n");
}

// Wanted: none, by v0, by v1; there: none, ours by either, another's by either. `last` has no say.
BOOST_AUTO_TEST_CASE(routes_by_wanted_there_and_owner)
{
  const std::string names[] = {"v0", "v1"};
  const rtnl::route to("10.1.0.0/16"_subnet);
  for (unsigned n = 0; n < 30; ++n) {
    const unsigned wanted = n % 3, is_there = n / 3 % 5;
    const bool was = n / 15 != 0;
    desired want(own), last(own);
    auto there = two_links();
    if (was) last.add(desired_route(to, "v0"));
    if (wanted != 0) want.add(desired_route(to, names[wanted - 1]));
    const bool ours = is_there == 1 || is_there == 2;
    const unsigned by = is_there == 0 ? 0 : (is_there - 1) % 2 + 1;
    if (by != 0) there.routes.push_back(listed(rtnl::route(to).dev(by + 1), ours ? own : 4));
    const auto words = [&](unsigned which, const std::string& scope) {
      return "route 10.1.0.0/16 proto 200 table 254" + scope + " dev " + names[which - 1] + "\n";
    };
    std::string expected;
    if (wanted != 0 && !ours) expected = "add " + words(wanted, "");
    if (wanted != 0 && ours && wanted != by) expected = "change " + words(wanted, "");
    if (wanted == 0 && ours) expected = "remove " + words(by, " scope 253");
    BOOST_TEST(diff_of(want, there, last) == expected, "case " << n);
  }
}

// Replacing would hit the first with that key, which is not ours.
BOOST_AUTO_TEST_CASE(a_route_beside_anothers_is_not_replaced)
{
  auto there = two_links();
  there.routes.push_back(listed(rtnl::route("10.1.0.0/16"_subnet).dev(2), 4));
  there.routes.push_back(listed(rtnl::route("10.1.0.0/16"_subnet).dev(3), own));
  desired want(own);
  want.add(desired_route(rtnl::route("10.1.0.0/16"_subnet).via("10.0.0.2"_ip)));
  BOOST_TEST(diff_of(want, there) == "remove route 10.1.0.0/16 proto 200 table 254 scope 253 dev v1\n"
                                     "add route 10.1.0.0/16 proto 200 table 254 via 10.0.0.2\n");
}

// What the kernel fills in makes no difference; what was asked for does.
BOOST_AUTO_TEST_CASE(routes_are_compared_by_what_was_asked_for)
{
  auto there = two_links();
  auto v6 = listed(rtnl::route("fd00::/16"_subnet).via("2001:db8::2"_ip).dev(2), own);
  v6.metric = 1024;
  v6.preference = rtnl::route_preference::medium;
  there.routes.push_back(v6);
  auto hole = listed(rtnl::route(rtnl::route_type::blackhole, "fd01::/16"_subnet).dev(1), own);
  hole.metric = 1024;
  there.routes.push_back(hole);
  desired want(own);
  want.add(desired_route(rtnl::route("fd00::/16"_subnet).via("2001:db8::2"_ip)))
      .add(desired_route(rtnl::route(rtnl::route_type::blackhole, "fd01::/16"_subnet)));
  BOOST_TEST(diff_of(want, there).empty());

  using change = void (*)(rtnl::route&);
  const change changes[] = {
      [](rtnl::route& r) { r.hops.front().gateway = "2001:db8::3"_ip; },
      [](rtnl::route& r) { r.hops.front().output = 3; },
      [](rtnl::route& r) { r.hops.front().onlink(); },
      [](rtnl::route& r) { r.hops.push_back(rtnl::next_hop().via("2001:db8::4"_ip)); },
      [](rtnl::route& r) { r.source = "2001:db8::1"_ip; },
      [](rtnl::route& r) { r.metrics = rtnl::route_metrics().mtu(1400); },
      [](rtnl::route& r) { r.preference = rtnl::route_preference::high; },
      [](rtnl::route& r) { r.nexthop_id = 7; },
      [](rtnl::route& r) { r.type = rtnl::route_type::unreachable; },
  };
  for (const auto apply : changes) {
    auto other = want;
    apply(other.routes.front().value);
    other.routes.front().devices.resize(other.routes.front().value.hops.size());
    BOOST_TEST(diff_of(other, there).starts_with("change route"));
  }
}

// IPv6 lists the ways in an order of its own.
BOOST_AUTO_TEST_CASE(the_order_of_ways_makes_no_difference)
{
  auto there = two_links();
  rtnl::route r("fd00::/16"_subnet);
  r.hops.push_back(rtnl::next_hop().via("fe80::1"_ip).dev(3));
  r.hops.push_back(rtnl::next_hop().via("fe80::1"_ip).dev(2));
  r.metric = 1024;
  there.routes.push_back(listed(r, own));
  desired want(own);
  want.add(desired_route(rtnl::route("fd00::/16"_subnet))
               .way(rtnl::next_hop().via("fe80::1"_ip), "v0")
               .way(rtnl::next_hop().via("fe80::1"_ip), "v1"));
  BOOST_TEST(diff_of(want, there).empty());
  want.routes.front().value.hops[0].weight = 3;
  BOOST_TEST(diff_of(want, there).starts_with("change route fd00::/16"));
}

// Only settings that differ are named, and after all links have been made.
BOOST_AUTO_TEST_CASE(links_are_made_and_then_set)
{
  auto there = two_links();
  there.links[0].flags = IFF_UP;
  desired want(own);
  want.add(desired_link("v0").mtu(1500).up())
      .add(desired_link("v1").mtu(1400).in("br0").up())
      .add(desired_link("w0").veth("w1").up())
      .add(desired_link("w1").up())
      .add(desired_link("br0").made_as("bridge"));
  BOOST_TEST(diff_of(want, there) == "add link w0 veth w1\n"
                                     "add link br0 bridge\n"
                                     "change link v1 mtu 1400 master br0 up\n"
                                     "change link w0 up\n"
                                     "change link w1 up\n");
}

BOOST_AUTO_TEST_CASE(only_links_whose_kind_was_named_are_removed)
{
  auto there = two_links();
  there.links.push_back(link_of(4, "br0", "bridge"));
  desired last(own);
  last.add(desired_link("v0").mtu(1500)).add(desired_link("br0").made_as("bridge"));
  BOOST_TEST(diff_of(desired(own), there, last) == "remove link br0 bridge\n");
  // one that somebody made anew as something else is not ours
  there.links.back().kind = "ifb";
  BOOST_TEST(diff_of(desired(own), there, last).empty());
  // nor is the other end of a pair that is wanted still
  desired pair(own), other(own);
  pair.add(desired_link("v0").veth("v1"));
  other.add(desired_link("v1").veth("v0"));
  BOOST_TEST(diff_of(other, two_links(), pair).empty());
}

BOOST_AUTO_TEST_CASE(a_link_of_ours_that_is_wanted_otherwise_is_made_anew)
{
  auto there = two_links();
  desired last(own), want(own);
  last.add(desired_link("v0").veth("v1"));
  want.add(desired_link("v0").veth("w1"));
  BOOST_TEST(diff_of(want, there, last) == "remove link v0 veth\nadd link v0 veth w1\n");
}

// Options that hold are not named again; those that the kernel does not tell are 0 or off.
BOOST_AUTO_TEST_CASE(options_of_a_kind_that_differ_are_changed)
{
  using namespace std::chrono_literals;
  auto there = two_links();
  there.links.push_back(link_of(4, "br0", "bridge"));
  rtnl::bridge told;
  told.priority = 7;
  told.ageing_time = 300s;
  there.links.back().data = told;
  rtnl::bridge options;
  options.priority = 7;
  options.ageing_time = 60s;
  options.vlan_filtering = false;
  desired want(own);
  want.add(desired_link("br0").made_as(options));
  BOOST_TEST(diff_of(want, there) == "change link br0 bridge ageing_time 60000 ms\n");
  BOOST_TEST(diff_of(want, there, want) == "change link br0 bridge ageing_time 60000 ms\n");
}

// An id is for the life of a link: ours is made anew, another's is in the way.
BOOST_AUTO_TEST_CASE(options_that_cannot_be_changed_have_the_link_made_anew)
{
  auto there = two_links();
  there.links.push_back(link_of(4, "v0.7", "vlan"));
  there.links.back().data = rtnl::vlan(8);
  there.links.back().lower = 2;
  desired want(own);
  want.add(desired_link("v0.7").made_as(rtnl::vlan(7)).on("v0"));
  BOOST_TEST(diff_of(want, there, want) == "remove link v0.7 vlan\nadd link v0.7 vlan id 7 on v0\n");
  BOOST_TEST(diff_of(want, there) == "add link v0.7 vlan id 7 on v0\n");
  there.links.back().data = rtnl::vlan(7);
  BOOST_TEST(diff_of(want, there).empty());
  // nor does it move to another device
  there.links.back().lower = 3;
  BOOST_TEST(diff_of(want, there, want) == "remove link v0.7 vlan\nadd link v0.7 vlan id 7 on v0\n");
  // one of another kind is not what is wanted either
  BOOST_TEST(diff_of(desired(own).add(desired_link("v0").made_as("ifb")), there) == "add link v0 ifb\n");
}

// In whatever order they are written.
BOOST_AUTO_TEST_CASE(a_link_is_made_after_the_one_that_it_is_on)
{
  rtnl::vxlan tunnel(42);
  tunnel.group = "239.1.1.1"_ip;
  desired want(own);
  want.add(desired_link("x0").made_as(tunnel).on("br0.7"))
      .add(desired_link("br0.7").made_as(rtnl::vlan(7)).on("br0"))
      .add(desired_link("br0").made_as("bridge"));
  BOOST_TEST(diff_of(want, observed()) == "add link br0 bridge\n"
                                          "add link br0.7 vlan id 7 on br0\n"
                                          "add link x0 vxlan id 42 group 239.1.1.1 on br0.7\n");
}

// Whoever wrote it has to be told what is wrong with which object.
BOOST_AUTO_TEST_CASE(contradictions_are_refused)
{
  const auto has = [](const std::string& text, const char* part) { return text.find(part) != text.npos; };
  desired twice(own);
  twice.add(desired_link("v0").up()).add(desired_link("v0").down());
  BOOST_TEST(has(refusal_of(twice), "link v0 down is wanted twice"));
  desired routes(own);
  routes.add(desired_route(rtnl::route("fd00::/16"_subnet), "v0"));
  routes.add(desired_route(rtnl::route("fd00::/16"_subnet), "v1"));
  routes.routes.back().value.metric = 1024;
  BOOST_TEST(has(refusal_of(routes), "give it several ways"));
  desired unnumbered(own);
  unnumbered.add(rtnl::rule().lookup(100));
  BOOST_TEST(has(refusal_of(unnumbered), "priority"));
  BOOST_TEST(has(refusal_of(desired(RTPROT_KERNEL)), "belongs to the kernel"));
  desired nameless(own);
  nameless.add(desired_address("", "10.0.0.1/24"_ifaddr));
  BOOST_TEST(has(refusal_of(nameless), "has no link"));
  BOOST_TEST(
      has(refusal_of(desired(own).add(desired_link("a").made_as(rtnl::vlan(7)))), "needs a device below"));
  BOOST_TEST(has(refusal_of(desired(own).add(desired_link("a").on("v0"))), "no kind is named"));
  desired ring(own);
  ring.add(desired_link("a").made_as(rtnl::vlan(1)).on("b"))
      .add(desired_link("b").made_as(rtnl::vlan(1)).on("a"));
  BOOST_TEST(has(refusal_of(ring), "on each other in turn"));
}

// Ends of pairs behind the pair, links behind what they are on, routes behind those their gateways are on.
BOOST_AUTO_TEST_CASE(what_depends_on_something_comes_behind_it)
{
  desired want(own);
  want.add(desired_link("m0").made_as(rtnl::macvlan(rtnl::macvlan_mode::bridge)).on("v1"))
      .add(desired_link("v1").mtu(1400))
      .add(desired_link("v0").veth("v1"))
      .add(desired_route(rtnl::route::default_via("172.31.1.1"_ip), "v0"))
      .add(desired_route(rtnl::route("172.31.1.1/32"_subnet), "v0"));
  BOOST_TEST(diff_of(want, observed()) == "add link v0 veth v1\n"
                                          "add link m0 macvlan mode bridge on v1\n"
                                          "change link v1 mtu 1400\n"
                                          "add route 172.31.1.1/32 proto 200 table 254 dev v0\n"
                                          "add route default proto 200 table 254 via 172.31.1.1 dev v0\n");
}

BOOST_AUTO_TEST_CASE(a_circle_of_links_is_named)
{
  desired want(own);
  want.add(desired_link("a").made_as(rtnl::vlan(1)).on("b"))
      .add(desired_link("x").made_as(rtnl::vlan(1)).on("a"))
      .add(desired_link("b").made_as(rtnl::vlan(2)).on("a"));
  const auto said = refusal_of(want);
  BOOST_TEST((said.find("a on b on a") != std::string::npos || said.find("b on a on b") != std::string::npos),
             said);
}

// Of both families with one priority; a table that the kernel would choose is none.
BOOST_AUTO_TEST_CASE(rules_of_two_families)
{
  desired want(own);
  want.add(rtnl::rule().lookup(100).at(1000)).add(rtnl::rule(linx::net::family::v6).lookup(100).at(1000));
  const auto said = diff_of(want, two_links());
  BOOST_TEST(std::count(said.begin(), said.end(), '\n') == 2, said);
  want.add(rtnl::rule().lookup(0).at(7));
  BOOST_TEST(refusal_of(want).find("another table each time") != std::string::npos);
}

// What cannot be listed otherwise does not differ.
BOOST_AUTO_TEST_CASE(what_the_kernel_makes_of_it_is_the_same)
{
  auto there = two_links();
  auto listed_route = listed(rtnl::route("10.1.0.0/16"_subnet).dev(2), own);
  listed_route.metrics = rtnl::route_metrics().mtu(65520).hoplimit(255);
  there.routes.push_back(listed_route);
  there.addresses.emplace_back(2, "10.0.0.1/32"_ifaddr);
  there.rules.push_back(rtnl::rule().lookup(100).at(7));
  rtnl::route asked("10.1.0.0/16"_subnet);
  asked.metrics = rtnl::route_metrics().mtu(65535).hoplimit(300).window(0);
  asked.preference = rtnl::route_preference::high;
  asked.table = 0;
  desired want(own);
  want.add(desired_route(asked, "v0"))
      .add(desired_address("v0", "10.0.0.1/32"_ifaddr, "10.0.0.1"_ip))
      .add(rtnl::rule().from("0.0.0.0/0"_subnet).lookup(100).at(7));
  BOOST_TEST(diff_of(want, there).empty());
}

// By name and by alternative name, in what is wanted and in what was applied.
BOOST_AUTO_TEST_CASE(links_go_by_alternative_names)
{
  auto there = two_links();
  there.links.front().alternative_names = {"wan"};
  there.links.back().master = 2;
  there.addresses.emplace_back(2, "10.0.0.1/24"_ifaddr);
  desired want(own), last(own);
  want.add(desired_link("wan").mtu(1500))
      .add(desired_link("v1").in("wan"))
      .add(desired_address("wan", "10.0.0.1/24"_ifaddr));
  last.add(desired_address("v0", "10.0.0.1/24"_ifaddr));
  BOOST_TEST(diff_of(want, there, last).empty());
}

BOOST_AUTO_TEST_SUITE_END()
