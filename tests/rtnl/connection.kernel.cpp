// What the verbs have in common.
#include "rtnl/network.hpp"

#include <linx/net/literals.hpp>

#include <cerrno>

BOOST_AUTO_TEST_SUITE(rtnl_connection_kernel, *boost::unit_test::precondition(linx::test::ip_possible))

namespace asio = boost::asio;
namespace rtnl = linx::rtnl;
using namespace linx::net::literals;
using linx::test::contains;
using linx::test::ip;
using linx::test::require;
using linx::test::run;
using linx::test::why;

// What a container's network takes: one end is born inside, and is configured from outside.
BOOST_FIXTURE_TEST_CASE(a_peer_is_born_in_another_namespace, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = linx::test::open_rtnl(context);
  const auto there = linx::test::another_network();
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

BOOST_AUTO_TEST_SUITE_END()
