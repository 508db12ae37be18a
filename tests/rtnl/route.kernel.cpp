// Routes, and what ip(8) says afterwards.
#include "rtnl/network.hpp"

#include <linx/net/literals.hpp>

#include <linux/rtnetlink.h>

BOOST_AUTO_TEST_SUITE(rtnl_route_kernel, *boost::unit_test::precondition(linx::test::ip_possible))

namespace asio = boost::asio;
namespace rtnl = linx::rtnl;
using namespace linx::net::literals;
using linx::test::contains;
using linx::test::ip;
using linx::test::require;
using linx::test::run;
using linx::test::why;

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

BOOST_AUTO_TEST_SUITE_END()
