// Nexthop objects, and what ip(8) says of them.
#include "rtnl/paired_network.hpp"

#include <linx/rtnl/nexthop.hpp>
#include <linx/rtnl/route_filter.hpp>

#include <cerrno>

#include <linux/rtnetlink.h>

BOOST_AUTO_TEST_SUITE(rtnl_nexthop_kernel, *boost::unit_test::precondition(linx::test::ip_possible))

namespace rtnl = linx::rtnl;
using namespace linx::net::literals;
using linx::test::contains;
using linx::test::ip;
using linx::test::require;
using linx::test::why;
using std::chrono::milliseconds;

// What is asked for is what is listed, got by id, and seen by ip(8).
BOOST_FIXTURE_TEST_CASE(nexthops_of_many_forms_round_trip, linx::test::paired_network)
{
  std::vector<rtnl::nexthop> made;
  made.push_back(rtnl::nexthop(1).via("10.0.0.2"_ip).dev(v0));
  made.push_back(rtnl::nexthop(2).via("2001:db8::2"_ip).dev(v0));
  made.push_back(rtnl::nexthop(3).dev(v0));
  made.push_back(rtnl::nexthop(4).via("172.16.0.1"_ip).dev(v0).onlink());
  made.push_back(rtnl::nexthop(5).blackhole());
  made.push_back(rtnl::nexthop(6).via("10.0.0.6"_ip).fdb());
  made.push_back(rtnl::nexthop(7).via("10.0.0.7"_ip).dev(v0));
  made.push_back(rtnl::nexthop(10).member(1).member(7, 20));
  for (const auto& n : made) BOOST_REQUIRE_MESSAGE(ask(kernel.add_nexthop(n)).has_value(), to_string(n));

  const auto listed = all(kernel.nexthops());
  BOOST_TEST(listed.size() == made.size());
  for (const auto& n : made) {
    const auto got = ask(kernel.get_nexthop(n.id));
    require(got);
    auto expected = n;
    expected.family = got.value().family;
    expected.scope = got.value().scope;
    if (n.is_blackhole) expected.output = got.value().output; // lo
    BOOST_TEST((got.value() == expected), to_string(got.value()) << " is not " << to_string(n));
    BOOST_TEST((std::find(listed.begin(), listed.end(), got.value()) != listed.end()));
  }
  const auto said = ip("nexthop show");
  BOOST_TEST(contains(said, "\"id\":1,\"gateway\":\"10.0.0.2\",\"dev\":\"v0\""));
  BOOST_TEST(contains(said, "\"id\":10,\"group\":[{\"id\":1},{\"id\":7,\"weight\":20}]"));
  BOOST_TEST(contains(said, "\"id\":5,\"scope\":\"global\",\"blackhole\":null"));
  BOOST_TEST(contains(said, "\"onlink\""));
  BOOST_TEST(contains(said, "\"fdb\""));

  const auto again = ask(kernel.add_nexthop(made.front()));
  BOOST_TEST(again.error().errnum() == EEXIST);
  BOOST_TEST(contains(why(again), "nexthop 1 via 10.0.0.2"));
  require(ask(kernel.replace_nexthop(rtnl::nexthop(1).via("10.0.0.9"_ip).dev(v0))));
  BOOST_TEST(contains(ip("nexthop show id 1"), "10.0.0.9"));

  BOOST_TEST(all(kernel.nexthops(rtnl::nexthop_filter().groups())).size() == 1u);
  BOOST_TEST(all(kernel.nexthops(rtnl::nexthop_filter().fdb())).size() == 1u);
  BOOST_TEST(all(kernel.nexthops(rtnl::nexthop_filter().dev(v0))).size() == 5u);
  BOOST_TEST(all(kernel.nexthops(rtnl::nexthop_filter().dev(v1))).empty());
  require(ask(kernel.remove_nexthop(6)));
  BOOST_TEST(ask(kernel.get_nexthop(6)).error().errnum() == ENOENT);
  const auto flushed = ask(kernel.flush_nexthops(rtnl::nexthop_filter()));
  require(flushed);
  BOOST_TEST(all(kernel.nexthops()).empty());
}

// The kernel chooses a number where none is named.
BOOST_FIXTURE_TEST_CASE(a_number_is_chosen, linx::test::paired_network)
{
  require(ask(kernel.add_nexthop(rtnl::nexthop().dev(v0).of(linx::net::family::v6))));
  const auto listed = all(kernel.nexthops());
  BOOST_REQUIRE(listed.size() == 1u);
  BOOST_TEST(listed[0].id != 0u);
  BOOST_TEST((listed[0].family == linx::net::family::v6));
}

// A route that refers to a nexthop is listed with the ways of that nexthop, and comes off again so.
BOOST_FIXTURE_TEST_CASE(a_route_uses_a_nexthop, linx::test::paired_network)
{
  require(ask(kernel.add_nexthop(rtnl::nexthop(1).via("10.0.0.2"_ip).dev(v0))));
  require(ask(kernel.add_nexthop(rtnl::nexthop(2).via("10.0.0.3"_ip).dev(v0))));
  require(ask(kernel.add_nexthop(rtnl::nexthop(10).member(1).member(2))));
  rtnl::route r("10.7.0.0/16"_subnet);
  r.nexthop_id = 10;
  require(ask(kernel.add_route(r)));
  BOOST_TEST(contains(ip("route show 10.7.0.0/16"), "\"nhid\":10"));
  const auto filter = rtnl::route_filter().to("10.7.0.0/16"_subnet);
  const auto listed = all(kernel.routes(filter));
  BOOST_REQUIRE(listed.size() == 1u);
  BOOST_TEST((listed[0].nexthop_id == 10u));
  BOOST_TEST(listed[0].hops.size() == 2u);
  const auto flushed = ask(kernel.flush_routes(filter));
  require(flushed);
  BOOST_TEST(flushed.value() == 1u);
  BOOST_TEST(ip("route show 10.7.0.0/16") == "[]\n");
}

BOOST_FIXTURE_TEST_CASE(a_resilient_group_has_buckets, linx::test::paired_network)
{
  require(ask(kernel.add_nexthop(rtnl::nexthop(1).via("10.0.0.2"_ip).dev(v0))));
  require(ask(kernel.add_nexthop(rtnl::nexthop(2).via("10.0.0.3"_ip).dev(v0))));
  const auto how =
      rtnl::resilient_group().buckets(8).idle_timer(milliseconds(5000)).unbalanced_timer(milliseconds(60000));
  const auto made = ask(kernel.add_nexthop(rtnl::nexthop(10).member(1, 3).member(2).resilient(how)));
  require(made);
  const auto said = ip("nexthop show id 10");
  BOOST_TEST(contains(said, "\"type\":\"resilient\""));
  BOOST_TEST(contains(said, "\"buckets\":8,\"idle_timer\":5,\"unbalanced_timer\":60"));
  const auto got = ask(kernel.get_nexthop(10));
  require(got);
  BOOST_REQUIRE(got.value().resilience.has_value());
  BOOST_TEST((*got.value().resilience == how));

  const auto buckets = all(kernel.nexthop_buckets(10));
  BOOST_REQUIRE(buckets.size() == 8u);
  const auto of_first =
      std::count_if(buckets.begin(), buckets.end(), [](const auto& b) { return b.nexthop == 1; });
  BOOST_TEST(of_first == 6); // by weight
  const auto third = ask(kernel.get_nexthop_bucket(10, 3));
  require(third);
  BOOST_TEST(third.value().index == 3u);
  BOOST_TEST(third.value().group == 10u);
  BOOST_TEST(third.value().nexthop == buckets[3].nexthop);
  BOOST_TEST(!ask(kernel.get_nexthop_bucket(10, 99)));
}

BOOST_FIXTURE_TEST_CASE(refusals_say_what_is_wrong, linx::test::paired_network)
{
  const auto no_member = ask(kernel.add_nexthop(rtnl::nexthop(10).member(99)));
  BOOST_TEST(contains(why(no_member), "Invalid nexthop id"));
  BOOST_TEST(contains(why(no_member), "nexthop 10"));
  const auto no_weight = ask(kernel.add_nexthop(rtnl::nexthop(10).member(1, 0)));
  BOOST_TEST((no_weight.error().where() == linx::stage::argument));
  BOOST_TEST(ask(kernel.remove_nexthop(99)).error().errnum() == ENOENT);
}

BOOST_AUTO_TEST_SUITE_END()
