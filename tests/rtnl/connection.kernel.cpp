// Each verb, and what ip(8) says afterwards.
#include "rtnl/network.hpp"

#include <linx/net/literals.hpp>
#include <linx/ns/handle.hpp>

#include <cerrno>

#include <linux/rtnetlink.h>
#include <sched.h>

namespace asio = boost::asio;
namespace rtnl = linx::rtnl;
using namespace linx::net::literals;
using linx::test::contains;
using linx::test::ip;
using linx::test::run;
using linx::test::why;

namespace {

// A second network namespace, held by a descriptor.
linx::ns::handle another_network()
{
  auto here = linx::ns::handle::of_self(linx::ns::kind::net);
  BOOST_REQUIRE(here.has_value());
  BOOST_REQUIRE(::unshare(CLONE_NEWNET) == 0);
  auto there = linx::ns::handle::of_self(linx::ns::kind::net);
  BOOST_REQUIRE(there.has_value());
  BOOST_REQUIRE(::setns(here.value().fd(), CLONE_NEWNET) == 0);
  return std::move(there).value();
}

template <class T>
void require(const linx::result<T>& r)
{
  BOOST_REQUIRE_MESSAGE(r.has_value(), why(r));
}

} // namespace

BOOST_AUTO_TEST_SUITE(rtnl_connection_kernel, *boost::unit_test::precondition(linx::test::network_possible))

BOOST_FIXTURE_TEST_CASE(a_pair_is_made_set_up_and_removed, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = linx::test::open_rtnl(context);
  auto pair = rtnl::veth("v0", "v1").mtu(1400).address("02:00:00:00:00:01"_mac, "02:00:00:00:00:02"_mac);
  require(run(context, c.add_link(pair)));
  require(run(context, c.set_up("v0")));
  require(run(context, c.set_up("v1")));

  const auto said = ip("link show v0");
  BOOST_TEST(contains(said, "\"mtu\":1400"));
  BOOST_TEST(contains(said, "\"address\":\"02:00:00:00:00:01\""));
  BOOST_TEST(contains(said, "\"info_kind\":\"veth\""));
  BOOST_TEST(contains(said, "\"UP\""));

  const auto v0 = run(context, c.get_link("v0"));
  const auto v1 = run(context, c.get_link("v1"));
  require(v0);
  require(v1);
  BOOST_TEST(v0.value().kind == "veth");
  BOOST_TEST(v0.value().mtu == 1400u);
  BOOST_TEST((v0.value().address == "02:00:00:00:00:01"_mac));
  BOOST_TEST((v0.value().lower == v1.value().index));
  BOOST_TEST(v0.value().is_up());
  BOOST_TEST(v0.value().has_carrier());

  require(run(context, c.remove_link("v0")));
  BOOST_TEST(run(context, c.get_link("v1")).error().errnum() == ENODEV);
}

BOOST_FIXTURE_TEST_CASE(changes_of_a_link_are_what_ip_sees, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = linx::test::open_rtnl(context);
  require(run(context, c.add_link(rtnl::veth("v0", "v1"))));
  auto change = rtnl::link_change();
  change.name("renamed").mtu(1300).alias("an alias").tx_queue_length(77).address("02:00:00:00:00:07"_mac);
  require(run(context, c.change_link("v0", change)));
  const auto said = ip("link show renamed");
  BOOST_TEST(contains(said, "\"mtu\":1300"));
  BOOST_TEST(contains(said, "\"ifalias\":\"an alias\""));
  BOOST_TEST(contains(said, "\"txqlen\":77"));
  BOOST_TEST(contains(said, "\"address\":\"02:00:00:00:00:07\""));
  const auto seen = run(context, c.get_link("renamed"));
  require(seen);
  BOOST_TEST(seen.value().alias == "an alias");
  BOOST_TEST(seen.value().tx_queue_length == 77u);
  require(run(context, c.set_up(seen.value())));
  require(run(context, c.set_down(seen.value().index)));
  BOOST_TEST(!run(context, c.get_link("renamed")).value().is_up());
}

// What a container's network takes: one end is born inside, and is configured from outside.
BOOST_FIXTURE_TEST_CASE(a_peer_is_born_in_another_namespace, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = linx::test::open_rtnl(context);
  const auto there = another_network();
  require(run(context, c.add_link(rtnl::veth("outside", "inside").peer_in(there))));
  BOOST_TEST(run(context, c.get_link("inside")).error().errnum() == ENODEV);
  const auto outside = run(context, c.get_link("outside"));
  require(outside);
  BOOST_TEST(outside.value().lower_netns.has_value());

  auto opened = rtnl::connection::open(context.get_executor(), there);
  if (!opened && opened.error().errnum() == EPERM) {
    BOOST_TEST_MESSAGE("skipped: " << why(opened));
    return;
  }
  require(opened);
  const auto inside = opened.value();
  require(run(context, inside.add_address("inside", "10.9.0.2/24"_ifaddr)));
  require(run(context, inside.set_up("inside")));
  require(run(context, inside.add_route(rtnl::route::default_via("10.9.0.1"_ip))));
  BOOST_REQUIRE(::setns(there.fd(), CLONE_NEWNET) == 0);
  BOOST_TEST(contains(ip("route show default"), "\"gateway\":\"10.9.0.1\""));
}

BOOST_FIXTURE_TEST_CASE(a_link_moves_to_another_namespace, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = linx::test::open_rtnl(context);
  const auto there = another_network();
  require(run(context, c.add_link(rtnl::veth("v0", "v1"))));
  auto move = rtnl::link_change();
  move.move_to(there).up();
  require(run(context, c.change_link("v1", move)));
  BOOST_TEST(run(context, c.get_link("v1")).error().errnum() == ENODEV);
  BOOST_REQUIRE(::setns(there.fd(), CLONE_NEWNET) == 0);
  BOOST_TEST(contains(ip("link show v1"), "\"ifname\":\"v1\""));
}

BOOST_FIXTURE_TEST_CASE(addresses_come_and_go, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = linx::test::open_rtnl(context);
  require(run(context, c.add_link(rtnl::veth("v0", "v1"))));
  require(run(context, c.add_address("v0", "10.0.0.1/24"_ifaddr)));
  require(run(context, c.add_address("v0", "2001:db8::1/64"_ifaddr)));
  const auto said = ip("address show v0");
  BOOST_TEST(contains(said, "\"local\":\"10.0.0.1\",\"prefixlen\":24"));
  BOOST_TEST(contains(said, "\"broadcast\":\"10.0.0.255\""));
  BOOST_TEST(contains(said, "\"local\":\"2001:db8::1\",\"prefixlen\":64"));

  const auto again = run(context, c.add_address("v0", "10.0.0.1/24"_ifaddr));
  BOOST_REQUIRE(!again);
  BOOST_TEST(again.error().errnum() == EEXIST);
  BOOST_TEST(contains(again.error().message(), "10.0.0.1/24"));

  const auto v0 = run(context, c.get_link("v0")).value().index;
  const auto all = run(context, linx::test::collect(c.addresses()));
  require(all);
  std::size_t found = 0;
  for (const auto& a : all.value()) {
    if (a.link != v0) continue;
    if (a.local == "10.0.0.1/24"_ifaddr) {
      ++found;
      BOOST_TEST((a.broadcast == "10.0.0.255"_ip));
      BOOST_TEST(a.label == "v0");
      BOOST_TEST(!a.valid.has_value());
    }
    if (a.local == "2001:db8::1/64"_ifaddr) ++found;
  }
  BOOST_TEST(found == 2u);
  require(run(context, c.remove_address("v0", "10.0.0.1/24"_ifaddr)));
  BOOST_TEST(!contains(ip("address show v0"), "10.0.0.1"));
  BOOST_TEST(run(context, c.remove_address("v0", "10.0.0.1/24"_ifaddr)).error().errnum() == EADDRNOTAVAIL);
}

BOOST_FIXTURE_TEST_CASE(a_peer_address_and_lifetimes_survive_the_kernel, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = linx::test::open_rtnl(context);
  require(run(context, c.add_link(rtnl::veth("v0", "v1"))));
  const auto index = run(context, c.get_link("v0")).value().index;
  rtnl::address point_to_point(index, "10.0.0.1/32"_ifaddr);
  point_to_point.peer = "10.0.0.2"_ip;
  point_to_point.valid = std::chrono::seconds(600);
  point_to_point.preferred = std::chrono::seconds(300);
  require(run(context, c.add_address(point_to_point)));
  const auto said = ip("address show v0");
  BOOST_TEST(contains(said, "\"address\":\"10.0.0.2\""));
  const auto all = run(context, linx::test::collect(c.addresses())).value();
  const auto at = std::find_if(all.begin(), all.end(), [&](const auto& a) { return a.link == index; });
  BOOST_REQUIRE(at != all.end());
  BOOST_TEST((at->peer == "10.0.0.2"_ip));
  BOOST_TEST((at->local == "10.0.0.1/32"_ifaddr));
  BOOST_TEST((at->valid > std::chrono::seconds(500)));
  BOOST_TEST((at->preferred <= std::chrono::seconds(300)));
}

BOOST_FIXTURE_TEST_CASE(routes_of_many_forms_round_trip, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = linx::test::open_rtnl(context);
  require(run(context, c.add_link(rtnl::veth("v0", "v1"))));
  require(run(context, c.add_address("v0", "10.0.0.1/24"_ifaddr)));
  require(run(context, c.add_address("v0", "2001:db8::1/64"_ifaddr)));
  require(run(context, c.set_up("v0")));
  require(run(context, c.set_up("v1")));
  const auto v0 = run(context, c.get_link("v0")).value().index;

  std::vector<rtnl::route> made;
  made.push_back(rtnl::route::default_via("10.0.0.254"_ip));
  made.push_back(rtnl::route("10.1.0.0/16"_subnet).via("10.0.0.253"_ip));
  made.back().metric = 100;
  made.back().source = "10.0.0.1"_ip;
  made.push_back(rtnl::route("10.2.0.0/16"_subnet).dev(v0));
  made.push_back(rtnl::route("10.3.0.0/16"_subnet).via("2001:db8::2"_ip).dev(v0));
  made.push_back(rtnl::route("10.4.0.0/16"_subnet));
  made.back().type = rtnl::route_type::blackhole;
  made.push_back(rtnl::route("10.5.0.0/16"_subnet).dev(v0));
  made.back().table = 1000;
  rtnl::route several("10.6.0.0/16"_subnet);
  several.hops.resize(2);
  several.hops[0].gateway = "10.0.0.2"_ip;
  several.hops[1].gateway = "10.0.0.3"_ip;
  several.hops[1].weight = 5;
  made.push_back(several);
  made.push_back(rtnl::route("2001:db8:1::/48"_subnet).via("2001:db8::9"_ip));
  for (const auto& r : made) BOOST_REQUIRE_MESSAGE(run(context, c.add_route(r)).has_value(), to_string(r));

  auto listed = run(context, linx::test::collect(c.routes())).value();
  auto v6 = run(context, linx::test::collect(c.routes(linx::net::family::v6))).value();
  listed.insert(listed.end(), v6.begin(), v6.end());
  for (const auto& r : made) {
    const auto at = std::find_if(listed.begin(), listed.end(), [&](const auto& l) {
      return l.destination == r.destination && l.table == r.table;
    });
    BOOST_REQUIRE_MESSAGE(at != listed.end(), to_string(r));
    BOOST_TEST((at->type == r.type));
    BOOST_TEST((at->source == r.source));
    BOOST_TEST(at->protocol == RTPROT_STATIC);
    if (r.type == rtnl::route_type::blackhole) continue;
    BOOST_REQUIRE(at->hops.size() == r.hops.size());
    for (std::size_t i = 0; i < r.hops.size(); ++i) {
      BOOST_TEST((at->hops[i].gateway == r.hops[i].gateway));
      BOOST_TEST(at->hops[i].output == v0);
      BOOST_TEST(at->hops[i].weight == r.hops[i].weight);
    }
  }
  const auto said = ip("route show table all");
  BOOST_TEST(contains(said, "\"dst\":\"default\",\"gateway\":\"10.0.0.254\""));
  BOOST_TEST(contains(said, "\"via\":{\"family\":\"inet6\",\"host\":\"2001:db8::2\"}"));
  BOOST_TEST(contains(said, "\"weight\":5"));
  BOOST_TEST(contains(said, "\"table\":\"1000\""));

  // replaced, and gone
  require(run(context, c.replace_route(rtnl::route::default_via("10.0.0.252"_ip))));
  BOOST_TEST(contains(ip("route show default"), "\"gateway\":\"10.0.0.252\""));
  made.front() = rtnl::route::default_via("10.0.0.252"_ip);
  for (const auto& r : made) BOOST_REQUIRE_MESSAGE(run(context, c.remove_route(r)).has_value(), to_string(r));
  BOOST_TEST(!contains(ip("route show table all"), "\"protocol\":\"static\""));
}

// "no such device" alone helps nobody who configures forty of them.
BOOST_FIXTURE_TEST_CASE(refusals_name_their_object, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = linx::test::open_rtnl(context);
  const auto message = [&](auto operation) { return why(run(context, std::move(operation))); };
  BOOST_TEST(contains(message(c.set_up("nobody")), "link nobody"));
  BOOST_TEST(contains(message(c.add_address("nobody", "10.0.0.1/24"_ifaddr)), "link nobody"));
  const auto unreachable = message(c.add_route(rtnl::route("10.1.0.0/16"_subnet).via("10.0.0.1"_ip)));
  BOOST_TEST(contains(unreachable, "route 10.1.0.0/16 via 10.0.0.1"));
  BOOST_TEST(contains(unreachable, "Nexthop has invalid gateway"));
  BOOST_TEST(contains(message(c.add_link(rtnl::veth("v0", "v0"))), "link v0"));
  BOOST_TEST(contains(message(c.set_up("no such")), "interface name \"no such\""));
}

BOOST_FIXTURE_TEST_CASE(links_are_listed_as_ip_lists_them, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = linx::test::open_rtnl(context);
  for (int i = 0; i < 20; ++i) {
    const auto n = std::to_string(i);
    require(run(context, c.add_link(rtnl::veth("a" + n, "b" + n))));
  }
  BOOST_REQUIRE(
      linx::test::run_command("ip link property add dev a0 altname a-longer-name-than-fits").status == 0);
  const auto links = run(context, linx::test::collect(c.links())).value();
  BOOST_TEST(links.size() == 41u);
  for (const auto& l : links) {
    const auto said = ip("link show dev " + l.name);
    BOOST_TEST(contains(said, "\"ifindex\":" + std::to_string(l.index) + ","));
    BOOST_TEST(contains(said, "\"mtu\":" + std::to_string(l.mtu) + ","));
    if (l.address) BOOST_TEST(contains(said, to_string(*l.address)));
    if (l.name == "a0")
      BOOST_TEST((l.alternative_names == std::vector<std::string>{"a-longer-name-than-fits"}));
    // by index and by name it is the same value
    BOOST_TEST((run(context, c.get_link(l.index)).value() == l));
    BOOST_TEST((run(context, c.get_link(l.name)).value() == l));
  }
}

BOOST_AUTO_TEST_SUITE_END()
