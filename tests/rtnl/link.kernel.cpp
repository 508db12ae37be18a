// Links made and changed, and what ip(8) says afterwards.
#include "rtnl/network.hpp"

#include <linx/net/literals.hpp>

#include <algorithm>
#include <cerrno>

BOOST_AUTO_TEST_SUITE(rtnl_link_kernel, *boost::unit_test::precondition(linx::test::ip_possible))

namespace asio = boost::asio;
namespace rtnl = linx::rtnl;
using namespace linx::net::literals;
using linx::test::contains;
using linx::test::ip;
using linx::test::require;
using linx::test::run;
using linx::test::why;

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

BOOST_FIXTURE_TEST_CASE(a_link_moves_to_another_namespace, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = linx::test::open_rtnl(context);
  const auto there = linx::test::another_network();
  require(run(context, c.add_link(rtnl::veth("v0", "v1"))));
  auto move = rtnl::link_change();
  move.move_to(there).up();
  require(run(context, c.change_link("v1", move)));
  BOOST_TEST(run(context, c.get_link("v1")).error().errnum() == ENODEV);
  BOOST_REQUIRE(::setns(there.fd(), CLONE_NEWNET) == 0);
  BOOST_TEST(contains(ip("link show v1"), "\"ifname\":\"v1\""));
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
  // 41, and what tunnel modules that are loaded put into each new network
  const auto listed = linx::test::run_command("ip -oneline link show").output;
  BOOST_TEST(links.size() >= 41u);
  BOOST_TEST(links.size() == std::size_t(std::count(listed.begin(), listed.end(), '\n')));
  for (const auto& l : links) {
    const auto said = ip("link show dev " + l.name);
    BOOST_TEST(contains(said, "\"ifindex\":" + std::to_string(l.index) + ","));
    BOOST_TEST(contains(said, "\"mtu\":" + std::to_string(l.mtu) + ","));
    // those of tunnels over IP are told as such
    const auto as_ip = l.address ? l.address->as_ip() : std::nullopt;
    if (l.address) BOOST_TEST(contains(said, as_ip ? to_string(*as_ip) : to_string(*l.address)));
    if (l.name == "a0")
      BOOST_TEST((l.alternative_names == std::vector<std::string>{"a-longer-name-than-fits"}));
    // by index and by name it is the same value
    BOOST_TEST((run(context, c.get_link(l.index)).value() == l));
    BOOST_TEST((run(context, c.get_link(l.name)).value() == l));
  }
}

BOOST_AUTO_TEST_SUITE_END()
