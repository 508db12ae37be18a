// Wanted networks, and what ip(8) says became of them.
#include "rtnl/wanted_network.hpp"

#include <linx/core/spawn.hpp>
#include <linx/core/with_timeout.hpp>
#include <linx/net/literals.hpp>
#include <linx/rtnl/link_kinds.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

BOOST_AUTO_TEST_SUITE(rtnl_reconcile_kernel, *boost::unit_test::precondition(linx::test::ip_possible))

namespace asio = boost::asio;
namespace rtnl = linx::rtnl;
using namespace linx::net::literals;
using linx::test::contains;
using linx::test::run;
using linx::test::wanted_network;
using linx::test::why;
using rtnl::desired;
using rtnl::desired_address;
using rtnl::desired_link;
using rtnl::desired_neighbour;
using rtnl::desired_route;

namespace {

constexpr auto own = wanted_network::own;

desired office()
{
  desired want(own);
  want.add(desired_link("v0").veth("v1").mtu(1400).at("02:00:00:00:00:01"_mac).up())
      .add(desired_link("v1").in("br0").up())
      .add(desired_link("br0").made_as("bridge").up())
      .add(desired_address("v0", "10.0.0.1/24"_ifaddr))
      .add(desired_address("v0", "10.0.1.1/32"_ifaddr, "10.0.1.2"_ip))
      .add(desired_address("v0", "2001:db8::1/64"_ifaddr))
      .add(desired_neighbour("v0", "10.0.0.7"_ip, "02:00:00:00:00:07"_mac))
      .add(desired_route(rtnl::route::default_via("10.0.0.254"_ip)))
      .add(desired_route(rtnl::route("10.1.0.0/16"_subnet), "v0"))
      .add(desired_route(rtnl::route(rtnl::route_type::blackhole, "10.2.0.0/16"_subnet)))
      .add(desired_route(rtnl::route("10.3.0.0/16"_subnet))
               .way(rtnl::next_hop().via("10.0.0.2"_ip), "v0")
               .way(rtnl::next_hop().via("10.0.0.3"_ip).share(3), "v0"))
      .add(desired_route(rtnl::route("fd00::/16"_subnet).via("2001:db8::2"_ip)))
      .add(desired_route(rtnl::route(rtnl::route_type::unreachable, "fd01::/16"_subnet)))
      .add(rtnl::rule().from("10.4.0.0/16"_subnet).lookup(100).at(1000))
      .add(rtnl::rule(linx::net::family::v6).in("v0").lookup(100).at(1001));
  return want;
}

} // namespace

// From nothing, in one call, in an order that the kernel takes.
BOOST_FIXTURE_TEST_CASE(a_network_is_made_from_nothing, wanted_network)
{
  converge(office());
  const auto links = said("-d link show v0") + said("link show v1");
  BOOST_TEST(contains(links, "mtu 1400"));
  BOOST_TEST(contains(links, "02:00:00:00:00:01"));
  BOOST_TEST(contains(links, "master br0"));
  const auto addresses = said("address show v0");
  BOOST_TEST(contains(addresses, "inet 10.0.0.1/24 brd 10.0.0.255"));
  BOOST_TEST(contains(addresses, "inet 10.0.1.1 peer 10.0.1.2/32"));
  BOOST_TEST(contains(addresses, "2001:db8::1/64"));
  const auto routes = said("route show proto 200") + said("-6 route show proto 200");
  for (const char* part :
       {"default via 10.0.0.254 dev v0", "10.1.0.0/16 dev v0", "blackhole 10.2.0.0/16",
        "via 10.0.0.3 dev v0 weight 3", "fd00::/16 via 2001:db8::2", "unreachable fd01::/16"})
    BOOST_TEST(contains(routes, part), part << " in " << routes);
  BOOST_TEST(contains(said("neigh show"), "10.0.0.7 dev v0 lladdr 02:00:00:00:00:07 PERMANENT"));
  BOOST_TEST(contains(said("rule show"), "1000:\tfrom 10.4.0.0/16 lookup 100"));
  BOOST_TEST(contains(said("-6 rule show"), "1001:\tfrom all iif v0 lookup 100"));
}

// Each kind of drift by itself, and one that takes other objects along without a word.
BOOST_FIXTURE_TEST_CASE(drift_is_repaired, wanted_network)
{
  const auto want = office();
  converge(want);
  const auto good = said("route show proto 200") + said("-6 route show proto 200");
  for (const char* drift :
       {"link set v0 mtu 1300", "link set v1 nomaster", "address del 10.0.0.1/24 dev v0",
        "address del 2001:db8::1/64 dev v0", "neigh del 10.0.0.7 dev v0",
        "neigh replace 10.0.0.7 lladdr 02:00:00:00:00:08 dev v0", "route del 10.1.0.0/16 proto 200",
        "route replace 10.1.0.0/16 via 10.0.0.9 proto 200", "route add 10.8.0.0/16 dev v0 proto 200",
        "route replace blackhole 10.3.0.0/16 proto 200", "-6 route del fd00::/16", "rule del priority 1000",
        "link set v0 down", "link del br0", "link del v0"}) {
    BOOST_TEST_CONTEXT(drift)
    {
      ip(drift);
      const auto repaired = reconcile(want, want);
      BOOST_TEST(repaired.converged, to_string(repaired));
      BOOST_TEST(!repaired.applied.empty());
      BOOST_TEST(said("route show proto 200") + said("-6 route show proto 200") == good);
    }
  }
}

// Before, after, and after all of it was taken away again.
BOOST_FIXTURE_TEST_CASE(foreign_state_is_never_touched, wanted_network)
{
  ip("link add f0 type veth peer name f1");
  ip("link set f0 up");
  ip("link set f1 up");
  ip("address add 192.168.0.1/24 dev f0");
  ip("route add 192.168.9.0/24 via 192.168.0.2");
  ip("route add 192.168.8.0/24 via 192.168.0.2 proto 201");
  ip("-6 route add fd99::/16 dev f0");
  ip("rule add from 192.168.0.0/24 lookup 99 priority 99");
  ip("neigh add 192.168.0.7 lladdr 02:00:00:00:00:99 dev f0");
  const auto foreign = [this] {
    return said("address show f0") + said("link show f1") + said("route show dev f0") +
           said("neigh show dev f0 nud permanent") + said("-6 route show fd99::/16") +
           said("rule show priority 99");
  };
  // until IPv6 is done with its own address on the link, and the carriers are up
  for (unsigned n = 0; n < 200 && (contains(foreign(), "tentative") || !contains(foreign(), "fe80")); ++n)
    linx::test::run_command("sleep 0.05");
  const auto before = foreign();
  const auto want = office();
  converge(want);
  BOOST_TEST(foreign() == before);
  converge(desired(own), want);
  BOOST_TEST(foreign() == before);
  BOOST_TEST(said("route show proto 200").empty());
  BOOST_TEST(!contains(said("link show"), "br0"));
  BOOST_TEST(!contains(said("link show"), "v0@"));
  BOOST_TEST(!contains(said("rule show"), "1000:"));
}

// What is dropped from the wish goes, what was never in it stays: on the same link.
BOOST_FIXTURE_TEST_CASE(what_is_wanted_no_longer_is_removed, wanted_network)
{
  const auto before = office();
  converge(before);
  ip("address add 10.7.0.1/24 dev v0");
  ip("rule add from 10.9.0.0/16 lookup 100 priority 1002");
  auto after = office();
  after.addresses.erase(after.addresses.begin() + 1);
  after.neighbours.clear();
  after.rules.erase(after.rules.begin());
  after.routes.erase(after.routes.begin() + 1);
  converge(after, before);
  const auto addresses = said("address show v0");
  BOOST_TEST(!contains(addresses, "10.0.1.1"));
  BOOST_TEST(contains(addresses, "10.7.0.1"));
  BOOST_TEST(contains(addresses, "10.0.0.1"));
  BOOST_TEST(!contains(said("neigh show"), "10.0.0.7"));
  BOOST_TEST(!contains(said("rule show"), "1000:"));
  BOOST_TEST(contains(said("rule show"), "1002:"));
  BOOST_TEST(!contains(said("route show proto 200"), "10.1.0.0/16"));
}

// Each with its options, on one another, and drift of an option repaired.
BOOST_FIXTURE_TEST_CASE(links_of_kinds_with_options, wanted_network)
{
  using namespace std::chrono_literals;
  rtnl::bridge options;
  options.ageing_time = 60s;
  options.priority = 7;
  rtnl::vxlan tunnel(42);
  tunnel.group = "239.1.1.1"_ip;
  tunnel.port = 4789;
  tunnel.learning = false;
  desired want(own);
  want.add(desired_link("x0").made_as(tunnel).on("v0").in("br0").up())
      .add(desired_link("m0").made_as(rtnl::macvlan(rtnl::macvlan_mode::bridge)).on("v0").up())
      .add(desired_link("v0").veth("v1").up())
      .add(desired_link("br0").made_as(options).up());
  converge(want);
  BOOST_TEST(contains(said("-j -d link show x0"), "\"id\":42,\"group\":\"239.1.1.1\",\"link\":\"v0\""));
  BOOST_TEST(contains(said("-j -d link show br0"), "\"ageing_time\":6000"));
  for (const char* drift : {"link set br0 type bridge ageing_time 3000", "link set m0 type macvlan mode vepa",
                            "link set x0 type vxlan learning", "link del v0"}) {
    BOOST_TEST_CONTEXT(drift)
    {
      ip(drift);
      const auto repaired = reconcile(want, want);
      BOOST_TEST(repaired.converged, to_string(repaired));
      BOOST_TEST(!repaired.applied.empty());
    }
  }
  // another id is another link
  auto after = want;
  tunnel.id = 43;
  after.links.front().data = tunnel;
  converge(after, want);
  BOOST_TEST(contains(said("-j -d link show x0"), "\"id\":43"));
}

// What was done stays, and the next pass goes on from there.
BOOST_FIXTURE_TEST_CASE(a_pass_that_is_cancelled_is_taken_up_again, wanted_network)
{
  const auto want = office();
  for (unsigned step = 1;; ++step) {
    asio::cancellation_signal stop;
    std::optional<linx::result<rtnl::report>> ended;
    linx::spawn(context.get_executor(), rtnl::reconcile(kernel, want, desired(own)),
                asio::bind_cancellation_slot(stop.slot(), [&](auto how) { ended.emplace(std::move(how)); }));
    context.restart();
    for (unsigned n = 0; n < step && !ended; ++n) context.run_one();
    stop.emit(asio::cancellation_type::terminal);
    context.run();
    BOOST_REQUIRE(ended.has_value());
    if (*ended) break; // it was through before
    BOOST_TEST((ended->error() == linx::errc::cancelled), why(*ended));
  }
  converge(want);
  BOOST_TEST(contains(said("route show proto 200"), "default via 10.0.0.254 dev v0"));
}

// The last address of a link takes its routes with it, untold; they come back in the same call.
BOOST_FIXTURE_TEST_CASE(a_changed_address_keeps_the_routes, wanted_network)
{
  desired before(own), after(own);
  before.add(desired_link("v0").veth("v1").up()).add(desired_link("v1").up());
  after = before;
  before.add(desired_address("v0", "10.0.0.1/24"_ifaddr));
  after.add(desired_address("v0", "10.0.0.2/24"_ifaddr));
  for (auto* each : {&before, &after}) each->add(desired_route(rtnl::route::default_via("10.0.0.254"_ip)));
  converge(before);
  converge(after, before);
  BOOST_TEST(contains(said("route show proto 200"), "default via 10.0.0.254 dev v0"));
}

// The first refusal ends it: what is before it is there, what is behind it is named.
BOOST_FIXTURE_TEST_CASE(a_refusal_is_reported_with_what_was_not_reached, wanted_network)
{
  desired want(own);
  want.add(desired_link("v0").veth("v1").up())
      .add(desired_address("v0", "10.0.0.1/24"_ifaddr))
      .add(desired_route(rtnl::route("10.1.0.0/16"_subnet).via("10.99.0.1"_ip)))
      .add(desired_route(rtnl::route("10.2.0.0/16"_subnet), "v0"))
      .add(rtnl::rule().lookup(100).at(1000));
  const auto done = reconcile(want);
  BOOST_TEST(!done.converged);
  BOOST_REQUIRE(done.failed.has_value());
  BOOST_TEST(contains(to_string(done.failed->step()), "add route 10.1.0.0/16"));
  BOOST_TEST(contains(done.failed->why().message(), "Nexthop has invalid gateway"));
  BOOST_TEST(contains(to_string(done.applied), "add address 10.0.0.1/24 dev v0"));
  // a route on a link is made before those through gateways
  BOOST_TEST(contains(to_string(done.applied), "add route 10.2.0.0/16"));
  BOOST_TEST(done.pending.size() == 1u, to_string(done.pending));
  BOOST_TEST(contains(said("address show v0"), "10.0.0.1/24"));
  BOOST_TEST(!contains(said("rule show"), "1000:"));
  // put right, it goes on from there
  want.routes.front() = desired_route(rtnl::route("10.1.0.0/16"_subnet).via("10.0.0.9"_ip));
  converge(want, want);
}

// Another's route in the way is an error and stays.
BOOST_FIXTURE_TEST_CASE(a_foreign_route_in_the_way_is_reported, wanted_network)
{
  ip("link add v0 type veth peer name v1");
  ip("link set v0 up");
  ip("route add 10.1.0.0/16 dev v0");
  desired want(own);
  want.add(desired_route(rtnl::route(rtnl::route_type::blackhole, "10.1.0.0/16"_subnet)));
  const auto done = reconcile(want);
  BOOST_REQUIRE(done.failed.has_value());
  BOOST_TEST(done.failed->why().errnum() == EEXIST);
  BOOST_TEST(contains(said("route show 10.1.0.0/16"), "10.1.0.0/16 dev v0"));
}

BOOST_FIXTURE_TEST_CASE(a_missing_link_without_a_kind_is_reported, wanted_network)
{
  desired want(own);
  want.add(desired_link("eth7").up());
  const auto done = reconcile(want);
  BOOST_REQUIRE(done.failed.has_value());
  BOOST_TEST(contains(done.failed->why().message(), "eth7 is not there"));
  BOOST_TEST(done.pending.size() == 1u);
}

// The loop of a daemon: told of drift, it repairs it, and is told nothing while all is well.
BOOST_FIXTURE_TEST_CASE(drift_is_told, wanted_network)
{
  using namespace std::chrono_literals;
  const auto want = office();
  auto opened = rtnl::subscribe(context.get_executor(), want, want);
  BOOST_REQUIRE_MESSAGE(opened.has_value(), why(opened));
  auto plans = std::move(opened).value();
  const auto told = [&] { return run(context, linx::with_timeout(plans.next(), 20s)); };
  const auto first = told();
  BOOST_REQUIRE_MESSAGE(first.has_value(), why(first));
  BOOST_TEST(contains(to_string(*first.value()), "add link v0 veth v1"));
  converge(want);
  for (const char* drift :
       {"rule del priority 1000", "route del 10.1.0.0/16 proto 200", "link set v0 down"}) {
    BOOST_TEST_CONTEXT(drift)
    {
      ip(drift);
      auto next = told();
      // states on the way to the repair may have been seen, of which the last is the drift
      while (next && to_string(*next.value()).find("add link") != std::string::npos) next = told();
      BOOST_REQUIRE_MESSAGE(next.has_value(), why(next));
      converge(want, want);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
