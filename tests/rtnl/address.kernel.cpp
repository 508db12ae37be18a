// Addresses, and what ip(8) says afterwards.
#include "rtnl/network.hpp"

#include <linx/net/literals.hpp>

#include <cerrno>

namespace asio = boost::asio;
namespace rtnl = linx::rtnl;
using namespace linx::net::literals;
using linx::test::contains;
using linx::test::ip;
using linx::test::require;
using linx::test::run;
using linx::test::why;

BOOST_AUTO_TEST_SUITE(rtnl_address_kernel, *boost::unit_test::precondition(linx::test::network_possible))

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

BOOST_AUTO_TEST_SUITE_END()
