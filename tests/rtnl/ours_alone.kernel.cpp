// What is taken away is ours, though the kernel would take what stands beside it.
#include "rtnl/encode_rule.hpp"
#include "rtnl/wanted_network.hpp"

#include <linx/net/literals.hpp>

#include <linux/netlink.h>

#include <algorithm>
#include <random>
#include <sstream>

BOOST_AUTO_TEST_SUITE(rtnl_ours_alone_kernel, *boost::unit_test::precondition(linx::test::ip_possible))

namespace rtnl = linx::rtnl;
using namespace linx::net::literals;
using linx::test::contains;
using linx::test::run;
using linx::test::wanted_network;
using linx::test::why;
using rtnl::desired;
using rtnl::desired_address;
using rtnl::desired_link;
using rtnl::rule;

namespace {

constexpr auto own = wanted_network::own;

// Every combination of a few selectors, all with one priority.
std::vector<rule> rules_of_one_priority()
{
  std::vector<rule> all;
  for (unsigned n = 0; n < 96; ++n) {
    auto r = rule().lookup(n < 48 ? 100 : 101).at(1000);
    if (n % 3 == 1) r.from("10.9.0.0/16"_subnet);
    if (n % 3 == 2) r.from("10.9.1.0/24"_subnet);
    if ((n / 3 & 1) != 0) r.to("10.8.0.0/16"_subnet);
    if ((n / 6 & 1) != 0) r.in("lo");
    if ((n / 12 & 1) != 0) r.marked(1);
    if ((n / 24 & 1) != 0) r.invert();
    all.push_back(r);
  }
  return all;
}

std::vector<std::string> lines(const std::string& text)
{
  std::vector<std::string> all;
  std::istringstream in(text);
  for (std::string one; std::getline(in, one);) all.push_back(one);
  return all;
}

} // namespace

// A rule that says more than ours stands before it: the kernel refuses ours as one that is there, and takes
// the other away for it.
BOOST_FIXTURE_TEST_CASE(a_rule_that_says_more_is_neither_ours_nor_in_the_way, wanted_network)
{
  ip("rule add pref 1000 from 10.9.0.0/16 lookup 100");
  const auto before = said("rule show pref 1000");
  desired want(own);
  want.add(rule().lookup(100).at(1000));
  converge(want);
  BOOST_TEST(lines(said("rule show pref 1000")).size() == 2u);
  converge(desired(own), want);
  BOOST_TEST(said("rule show pref 1000") == before);
}

// Any of them, among any others, in any order: the others stay as they are, in their order.
BOOST_FIXTURE_TEST_CASE(of_rules_with_one_priority_ours_go, wanted_network)
{
  const auto seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  auto pool = rules_of_one_priority();
  for (unsigned round = 0; round < 25; ++round) {
    std::shuffle(pool.begin(), pool.end(), random);
    const auto count = 2 + random() % 20;
    desired last(own);
    std::vector<bool> is_ours;
    for (unsigned n = 0; n < count; ++n) {
      is_ours.push_back(random() % 3 == 0);
      if (is_ours.back()) last.add(pool[n]);
      auto made = rtnl::encode_new(pool[n], NLM_F_CREATE).value();
      const auto sent = run(context, kernel.transport().submit(std::move(made)));
      BOOST_REQUIRE_MESSAGE(sent.has_value(), why(sent));
    }
    const auto before = lines(said("rule show pref 1000"));
    BOOST_REQUIRE(before.size() == count);
    std::vector<std::string> expected;
    for (unsigned n = 0; n < count; ++n)
      if (!is_ours[n]) expected.push_back(before[n]);
    const auto done = reconcile(desired(own), last);
    BOOST_TEST(done.converged, to_string(done));
    BOOST_TEST(lines(said("rule show pref 1000")) == expected, boost::test_tools::per_element());
    const auto flushed = run(context, kernel.flush_rules(rtnl::rule_filter().priority(1000)));
    BOOST_REQUIRE_MESSAGE(flushed.has_value(), why(flushed));
  }
}

// The kernel takes the further addresses of a network along with the first, and the routes from them.
BOOST_FIXTURE_TEST_CASE(further_addresses_of_a_network_stay, wanted_network)
{
  for (const char* promotes : {"0", "1"}) {
    BOOST_TEST_CONTEXT("promote_secondaries " << promotes)
    {
      desired want(own);
      want.add(desired_link("v0").veth("v1").up()).add(desired_link("v1").up());
      auto with_address = want;
      with_address.add(desired_address("v0", "10.0.0.1/24"_ifaddr));
      converge(with_address);
      const auto set = linx::test::run_command(std::string("echo ") + promotes +
                                               " > /proc/sys/net/ipv4/conf/v0/promote_secondaries");
      BOOST_REQUIRE(set.status == 0);
      ip("address add 10.0.0.2/24 dev v0 label v0:x");
      ip("address add 10.0.0.3/24 dev v0 metric 77");
      ip("address add 10.0.1.9/24 dev v0");
      ip("route add 10.77.0.0/16 via 10.0.0.200 src 10.0.0.2");
      ip("route add 10.78.0.0/16 dev v0 src 10.0.0.3 metric 7 proto 201");
      converge(want, with_address);
      const auto addresses = said("address show v0");
      BOOST_TEST(!contains(addresses, "10.0.0.1/24"));
      BOOST_TEST(contains(addresses, "inet 10.0.0.2/24 scope global v0:x"), addresses);
      BOOST_TEST(contains(addresses, "inet 10.0.0.3/24 metric 77 scope global"), addresses);
      BOOST_TEST(contains(addresses, "inet 10.0.1.9/24"));
      const auto routes = said("route show");
      BOOST_TEST(contains(routes, "10.77.0.0/16 via 10.0.0.200 dev v0 src 10.0.0.2"), routes);
      BOOST_TEST(contains(routes, "10.78.0.0/16 dev v0 proto 201 scope link src 10.0.0.3 metric 7"), routes);
      converge(desired(own), want);
    }
  }
}

// With the last address of a link the kernel takes all its routes and neighbours.
BOOST_FIXTURE_TEST_CASE(the_last_address_of_a_link_takes_nothing_along, wanted_network)
{
  desired pair(own);
  pair.add(desired_link("v0").veth("v1").up()).add(desired_link("v1").up());
  auto before = pair, after = pair;
  before.add(desired_address("v0", "10.0.0.1/24"_ifaddr));
  after.add(desired_address("v0", "10.0.0.2/24"_ifaddr));
  converge(before);
  ip("route add 10.8.0.0/16 via 10.0.0.254");
  ip("route add 10.9.0.0/16 dev v0");
  ip("neigh add 10.0.0.50 lladdr 02:00:00:00:00:50 dev v0");
  const auto foreign = [this] {
    return said("route show 10.8.0.0/16") + said("route show 10.9.0.0/16") +
           said("neigh show 10.0.0.50 dev v0");
  };
  const auto stood = foreign();
  BOOST_TEST(contains(stood, "10.8.0.0/16 via"));
  converge(after, before);
  BOOST_TEST(foreign() == stood);
  BOOST_TEST(!contains(said("address show v0"), "10.0.0.1/24"));

  // beside a foreign one of the same network, which goes with ours
  ip("address add 10.0.0.3/24 dev v0");
  converge(pair, after);
  BOOST_TEST(foreign() == stood);
  BOOST_TEST(contains(said("address show v0"), "10.0.0.3/24"));
  BOOST_TEST(!contains(said("address show v0"), "10.0.0.2/24"));
}

// What was there before is another's, though it is wanted as well.
BOOST_FIXTURE_TEST_CASE(what_was_there_before_stays, wanted_network)
{
  ip("link add v0 type veth peer name v1");
  ip("address add 10.0.0.1/24 dev v0");
  ip("rule add pref 1000 lookup 100");
  desired want(own);
  want.add(desired_address("v0", "10.0.0.1/24"_ifaddr))
      .add(desired_address("v0", "10.0.1.1/24"_ifaddr))
      .add(rule().lookup(100).at(1000));
  const auto done = reconcile(want);
  BOOST_REQUIRE(done.converged);
  BOOST_TEST(done.last_applied.addresses.size() == 1u);
  BOOST_TEST(done.last_applied.rules.empty());
  BOOST_TEST(reconcile(desired(own), done.last_applied).converged);
  BOOST_TEST(contains(said("address show v0"), "10.0.0.1/24"));
  BOOST_TEST(!contains(said("address show v0"), "10.0.1.1/24"));
  BOOST_TEST(!said("rule show pref 1000").empty());
}

// It is listed as a route that drops packets, and is one over a nexthop that does.
BOOST_FIXTURE_TEST_CASE(a_route_over_a_nexthop_that_drops_is_found_by_its_removal, wanted_network)
{
  ip("link set lo up");
  ip("nexthop add id 3 blackhole");
  ip("route add 10.23.0.0/24 nhid 3");
  ip("-6 nexthop add id 4 blackhole");
  ip("-6 route add fd23::/64 nhid 4");
  const auto v4 = run(context, kernel.flush_routes(rtnl::route_filter(linx::net::family::v4).table(254)));
  BOOST_REQUIRE_MESSAGE(v4.has_value(), why(v4));
  BOOST_TEST(v4.value() == 1u);
  BOOST_TEST(said("route show").empty());
  const auto v6 = run(context, kernel.flush_routes(rtnl::route_filter(linx::net::family::v6).table(254)));
  BOOST_REQUIRE_MESSAGE(v6.has_value(), why(v6));
  BOOST_TEST(!contains(said("-6 route show"), "fd23"));

  rtnl::route wanted("10.24.0.0/24"_subnet);
  wanted.nexthop_id = 3;
  desired want(own);
  want.add(rtnl::desired_route(wanted));
  converge(want);
  BOOST_TEST(contains(said("route show"), "10.24.0.0/24"));
  converge(desired(own), want);
  BOOST_TEST(!contains(said("route show"), "10.24.0.0/24"));
}

BOOST_AUTO_TEST_SUITE_END()
