// Wanted networks in any order, with values that the kernel does not keep as they are, after calls that
// failed: one call gets there, the next finds nothing to do.
#include "rtnl/wanted_network.hpp"

#include <linx/net/literals.hpp>
#include <linx/rtnl/link_kinds.hpp>

#include <linux/rtnetlink.h>

#include <algorithm>
#include <random>

BOOST_AUTO_TEST_SUITE(rtnl_convergence_kernel, *boost::unit_test::precondition(linx::test::ip_possible))

namespace rtnl = linx::rtnl;
using namespace linx::net::literals;
using namespace std::chrono_literals;
using linx::test::contains;
using linx::test::run;
using linx::test::wanted_network;
using linx::test::why;
using rtnl::desired;
using rtnl::desired_address;
using rtnl::desired_link;
using rtnl::desired_neighbour;
using rtnl::desired_route;
using rtnl::route;
using rtnl::rule;

namespace {

constexpr auto own = wanted_network::own;

desired pair()
{
  desired want(own);
  want.add(desired_link("v0").veth("v1").up())
      .add(desired_link("v1").up())
      .add(desired_address("v0", "10.0.0.1/24"_ifaddr))
      .add(desired_address("v0", "2001:db8::1/64"_ifaddr));
  return want;
}

desired_route with_metrics(const linx::net::subnet& to, rtnl::route_metrics metrics)
{
  route r(to);
  r.metrics = std::move(metrics);
  return desired_route(r, "v0");
}

// No step is needed twice: nothing was found to differ after it had been taken.
void check_one_pass(const rtnl::report& done)
{
  BOOST_REQUIRE_MESSAGE(done.converged, to_string(done));
  for (std::size_t n = 0; n < done.applied.size(); ++n)
    BOOST_TEST(std::count(done.applied.begin(), done.applied.end(), done.applied[n]) == 1,
               to_string(done.applied[n]));
}

} // namespace

BOOST_FIXTURE_TEST_CASE(what_the_kernel_rounds_and_replaces_converges_at_once, wanted_network)
{
  rtnl::bridge timers;
  timers.forward_delay = 15010ms;
  timers.hello_time = 2010ms;
  timers.max_age = 20010ms;
  timers.ageing_time = 60010ms;
  timers.multicast_hash_elasticity = 4;
  rtnl::vxlan tunnel(42);
  tunnel.group = "239.1.1.1"_ip;
  tunnel.ageing = 0s;
  tunnel.port = 0;
  auto want = pair();
  want.add(desired_link("br0").made_as(timers).up())
      .add(desired_link("x0").made_as(tunnel).on("v0"))
      .add(desired_address("v0", "10.0.9.1/32"_ifaddr, "10.0.9.1"_ip))
      .add(rule().from("0.0.0.0/0"_subnet).to("0.0.0.0/0"_subnet).lookup(100).at(1000))
      .add(rule(linx::net::family::v6).from("::/0"_subnet).lookup(100).at(1001));
  want.add(with_metrics("10.1.0.0/16"_subnet, rtnl::route_metrics().mtu(65535)))
      .add(with_metrics("10.2.0.0/16"_subnet, rtnl::route_metrics().mtu(0)))
      .add(with_metrics("10.3.0.0/16"_subnet, rtnl::route_metrics().hoplimit(300).advmss(65535)))
      .add(with_metrics("fd01::/16"_subnet, rtnl::route_metrics().mtu(65535).hoplimit(300)));
  route r("10.4.0.0/16"_subnet);
  r.preference = rtnl::route_preference::high;
  r.table = 0;
  want.add(desired_route(r, "v0"));
  route r6("fd02::/16"_subnet);
  r6.scope = RT_SCOPE_LINK;
  r6.from = "::/0"_subnet;
  want.add(desired_route(r6, "v0"));
  check_one_pass(reconcile(want));
  converge(want, want);
  BOOST_TEST(contains(said("-d link show x0"), "ageing 300"));
  BOOST_TEST(contains(said("route show proto 200"), "10.1.0.0/16 dev v0 scope link mtu 65520"));
}

// By whatever name.
BOOST_FIXTURE_TEST_CASE(links_go_by_alternative_names, wanted_network)
{
  ip("link add v0 type veth peer name v1");
  ip("link property add dev v0 altname wan altname a-rather-long-name-of-a-link");
  ip("link add b0 type bridge");
  ip("link property add dev b0 altname a-rather-long-name-of-a-bridge");
  desired want(own);
  want.add(desired_link("wan").up().mtu(1400))
      .add(desired_link("v1").in("a-rather-long-name-of-a-bridge").up())
      .add(desired_address("a-rather-long-name-of-a-link", "10.0.0.1/24"_ifaddr))
      .add(desired_neighbour("wan", "10.0.0.7"_ip, "02:00:00:00:00:07"_mac))
      .add(desired_route(route("10.1.0.0/16"_subnet), "wan"));
  check_one_pass(reconcile(want));
  converge(want, want);
  BOOST_TEST(contains(said("link show v1"), "master b0"));
  BOOST_TEST(contains(said("address show v0"), "10.0.0.1/24"));
  // the same by another name is the same
  auto renamed = want;
  renamed.addresses.front().link = "v0";
  const auto done = reconcile(renamed, want);
  BOOST_TEST(done.converged);
  BOOST_TEST(done.applied.empty(), to_string(done.applied));
}

// Whatever is written first: ends of pairs, lower devices, masters, the routes that gateways are reached by.
BOOST_FIXTURE_TEST_CASE(the_order_is_not_the_callers_business, wanted_network)
{
  auto want = pair();
  want.add(desired_link("br0").made_as("bridge").up())
      .add(desired_link("m0").made_as(rtnl::macvlan(rtnl::macvlan_mode::bridge)).on("w1").up())
      .add(desired_link("w0").veth("w1").in("br0").up())
      .add(desired_link("w1").up())
      .add(desired_address("m0", "203.0.113.7/32"_ifaddr))
      .add(desired_route(route("172.31.1.1/32"_subnet), "m0"))
      .add(desired_route(route::default_via("172.31.1.1"_ip), "m0"))
      .add(desired_route(route("10.5.0.0/16"_subnet).via("172.31.1.1"_ip)))
      .add(desired_route(route("fd00:1::1/128"_subnet), "m0"))
      .add(desired_route(route("fd05::/16"_subnet).via("fd00:1::1"_ip), "m0"));
  const auto seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  for (unsigned round = 0; round < 6; ++round) {
    BOOST_TEST_CONTEXT("seed " << seed << ", round " << round)
    {
      std::shuffle(want.links.begin(), want.links.end(), random);
      std::shuffle(want.addresses.begin(), want.addresses.end(), random);
      std::shuffle(want.routes.begin(), want.routes.end(), random);
      const auto done = reconcile(want);
      check_one_pass(done);
      BOOST_TEST(contains(said("route show proto 200"), "default via 172.31.1.1 dev m0"));
      converge(desired(own), want);
    }
  }
}

// What linx does not know of the kernel's ways is told as such.
BOOST_FIXTURE_TEST_CASE(what_the_kernel_makes_of_a_value_is_told, wanted_network)
{
  rtnl::bridge asked;
  asked.multicast_query_interval = 500ms; // br_multicast_set_query_intvl(): a second at least
  desired want(own);
  want.add(desired_link("br0").made_as(asked));
  const auto done = reconcile(want);
  if (done.converged) return; // a kernel before 5.16 keeps it
  BOOST_TEST(!done.failed.has_value());
  BOOST_REQUIRE(done.altered.size() == 1u);
  BOOST_TEST(done.pending.size() == 1u);
  BOOST_TEST(contains(done.altered.front().found(), "multicast_query_interval 1000 ms"),
             done.altered.front().found());
  BOOST_TEST(contains(to_string(done), "the kernel makes"), to_string(done));
}

// A call that failed has told what it had made by then; whoever asks for something else next takes it away.
BOOST_FIXTURE_TEST_CASE(what_a_failed_call_made_is_ours, wanted_network)
{
  auto want = pair();
  want.add(rule().lookup(100).at(1000))
      .add(desired_neighbour("v0", "10.0.0.7"_ip, "02:00:00:00:00:07"_mac))
      .add(desired_address("nowhere", "10.9.0.1/24"_ifaddr));
  std::vector<desired> told;
  rtnl::reconcile_options how;
  how.remember([&told](const desired& ours) -> linx::result<> {
    told.push_back(ours);
    return linx::success();
  });
  const auto failed = linx::test::value_of(run(context, rtnl::reconcile(kernel, want, desired(own), how)));
  BOOST_REQUIRE(failed.failed.has_value());
  BOOST_TEST(contains(to_string(failed.failed->step()), "nowhere"));
  BOOST_TEST(failed.last_applied.links.size() == 1u); // v1 came with it
  BOOST_TEST(failed.last_applied.addresses.size() == 2u);
  BOOST_TEST(failed.last_applied.rules.empty());
  // before it, all that might be made; then once more, as something had been done before the refusal
  BOOST_REQUIRE(told.size() == 4u);
  BOOST_TEST(told.front().rules.size() == 1u);
  BOOST_TEST(told.front().addresses.size() == 3u);
  BOOST_TEST((told.back() == failed.last_applied));

  converge(desired(own), failed.last_applied);
  BOOST_TEST(!contains(said("link show"), "v0"));
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_remembered_is_not_made, wanted_network)
{
  rtnl::reconcile_options how;
  how.remember([](const desired&) -> linx::result<> { return linx::error::argument("no room"); });
  const auto done = run(context, rtnl::reconcile(kernel, pair(), desired(own), how));
  BOOST_REQUIRE(!done.has_value());
  BOOST_TEST(contains(done.error().message(), "no room"));
  BOOST_TEST(!contains(said("link show"), "v0"));
}

// Random wishes, one after the other, beside foreign objects on the same links, in the same networks and with
// the same priorities.
BOOST_FIXTURE_TEST_CASE(random_wishes_beside_foreign_objects, wanted_network)
{
  const auto seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  const auto coin = [&random] { return random() % 2 == 0; };
  for (const char* made :
       {"link add f0 type veth peer name f1", "link set f0 up", "link set f1 up",
        "address add 10.0.0.99/24 dev f0", "address add 10.0.0.100/24 dev f0",
        "route add 10.60.0.0/16 dev f0 src 10.0.0.100", "route add 10.61.0.0/16 via 10.0.0.2 proto 201",
        "rule add pref 1000 from 10.9.0.0/16 lookup 100",
        "rule add pref 1000 from 10.9.0.0/16 to 10.8.0.0/16 lookup 100",
        "neigh add 10.0.0.50 lladdr 02:00:00:00:00:50 dev f0"})
    ip(made);
  const auto foreign = [this] {
    return said("route show 10.60.0.0/16") + said("route show 10.61.0.0/16") +
           said("neigh show 10.0.0.50 dev f0");
  };
  const auto foreign_rules = [this] {
    std::string kept;
    for (const char* selector : {"from 10.9.0.0/16 lookup 100", "from 10.9.0.0/16 to 10.8.0.0/16 lookup 100"})
      if (contains(said("rule show pref 1000"), std::string("1000:\t") + selector)) kept += selector;
    return kept;
  };
  const auto before = foreign(), rules_before = foreign_rules();
  desired last(own);
  for (unsigned round = 0; round < 15; ++round) {
    BOOST_TEST_CONTEXT("seed " << seed << ", round " << round)
    {
      desired want(own);
      if (coin()) want.add(desired_link("v0").veth("v1").up()).add(desired_link("v1").up());
      const bool has_pair = !want.links.empty();
      if (has_pair && coin()) want.add(desired_link("br0").made_as("bridge").up());
      for (const char* text : {"10.0.0.1/24", "10.0.0.2/24", "10.0.1.1/24", "2001:db8::1/64"})
        if (coin()) want.add(desired_address("f0", linx::net::interface_address::parse(text).value()));
      if (has_pair && coin()) want.add(desired_address("v0", "10.1.0.1/24"_ifaddr));
      if (coin()) want.add(rule().lookup(100).at(1000));
      if (coin()) want.add(rule().from("10.9.0.0/16"_subnet).lookup(101).at(1000));
      if (coin()) want.add(rule().to("10.8.0.0/16"_subnet).lookup(100).at(1000));
      if (coin()) want.add(desired_route(route("10.70.0.0/16"_subnet), "f0"));
      if (coin()) want.add(desired_route(route("10.71.0.0/16"_subnet).via("10.0.0.2"_ip), "f0"));
      if (coin()) want.add(desired_route(route(rtnl::route_type::blackhole, "10.72.0.0/16"_subnet)));
      if (coin()) want.add(desired_neighbour("f0", "10.0.0.51"_ip, "02:00:00:00:00:51"_mac));
      std::shuffle(want.addresses.begin(), want.addresses.end(), random);
      std::shuffle(want.links.begin(), want.links.end(), random);
      const auto done = reconcile(want, last);
      BOOST_REQUIRE_MESSAGE(done.converged, to_string(done));
      const auto again = reconcile(want, want);
      BOOST_TEST(again.converged);
      BOOST_TEST(again.applied.empty(), to_string(again.applied));
      BOOST_TEST(foreign() == before);
      BOOST_TEST(foreign_rules() == rules_before);
      BOOST_TEST(contains(said("address show f0"), "10.0.0.99/24"));
      BOOST_TEST(contains(said("address show f0"), "10.0.0.100/24"));
      last = want;
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
