// Neighbours, their tables and the forwarding switches, and what ip(8) says of them.
#include "rtnl/paired_network.hpp"

#include <linx/rtnl/neighbour.hpp>
#include <linx/rtnl/neighbour_table.hpp>
#include <linx/rtnl/netconf.hpp>

#include <cerrno>

#include <linux/neighbour.h>

BOOST_AUTO_TEST_SUITE(rtnl_neighbour_kernel, *boost::unit_test::precondition(linx::test::ip_possible))

namespace rtnl = linx::rtnl;
using namespace linx::net::literals;
using linx::test::contains;
using linx::test::ip;
using linx::test::require;
using linx::test::run_command;
using linx::test::why;

BOOST_FIXTURE_TEST_CASE(neighbours_of_many_forms_round_trip, linx::test::paired_network)
{
  using rtnl::neighbour;
  std::vector<neighbour> made;
  made.push_back(neighbour(v0, "10.0.0.2"_ip).at("02:00:00:00:00:02"_mac));
  made.push_back(neighbour(v0, "10.0.0.3"_ip).at("02:00:00:00:00:03"_mac).in_state(NUD_NOARP));
  made.push_back(neighbour(v0, "10.0.0.4"_ip).at("02:00:00:00:00:04"_mac).in_state(NUD_STALE));
  made.push_back(neighbour(v0, "10.0.0.5"_ip).at("02:00:00:00:00:05"_mac).in_state(NUD_REACHABLE).external());
  made.push_back(neighbour(v0, "2001:db8::2"_ip).at("02:00:00:00:00:06"_mac).router());
  made.back().protocol = 99;
  for (const auto& n : made) {
    const auto added = ask(kernel.add_neighbour(n));
    BOOST_REQUIRE_MESSAGE(added.has_value(), to_string(n) << ": " << why(added));
  }
  const auto listed = all(kernel.neighbours());
  for (const auto& n : made) {
    const auto got = ask(kernel.get_neighbour(v0, n.address));
    require(got);
    auto expected = n;
    expected.type = got.value().type;
    BOOST_TEST((got.value() == expected), to_string(got.value()) << " is not " << to_string(n));
    BOOST_TEST((std::find(listed.begin(), listed.end(), got.value()) != listed.end()));
  }
  const auto said = ip("neigh show dev v0");
  BOOST_TEST(
      contains(said, "\"dst\":\"10.0.0.2\",\"lladdr\":\"02:00:00:00:00:02\",\"state\":[\"PERMANENT\"]"));
  BOOST_TEST(contains(ip("neigh show dev v0 nud noarp"), "\"dst\":\"10.0.0.3\""));
  BOOST_TEST(contains(said, "\"extern_learn\":null"));
  BOOST_TEST(contains(said, "\"router\":null"));

  const auto again = ask(kernel.add_neighbour(made.front()));
  BOOST_TEST(again.error().errnum() == EEXIST);
  BOOST_TEST(contains(why(again), "neighbour 10.0.0.2 dev #" + std::to_string(v0)));
  require(ask(kernel.replace_neighbour(neighbour(v0, "10.0.0.2"_ip).at("02:00:00:00:00:22"_mac))));
  BOOST_TEST(contains(ip("neigh show 10.0.0.2"), "02:00:00:00:00:22"));
  require(ask(kernel.change_neighbour(neighbour(v0, "10.0.0.2"_ip).at("02:00:00:00:00:23"_mac))));
  BOOST_TEST(ask(kernel.change_neighbour(neighbour(v0, "10.0.0.99"_ip).at("02:00:00:00:00:23"_mac)))
                 .error()
                 .errnum() == ENOENT);
  require(ask(kernel.remove_neighbour(made.front())));
  BOOST_TEST(!contains(ip("neigh show dev v0"), "10.0.0.2\""));
  BOOST_TEST(ask(kernel.get_neighbour(v0, "10.0.0.2"_ip)).error().errnum() == ENOENT);
}

// Resolved by the kernel without a packet to send (NTF_EXT_MANAGED, Linux 5.16).
BOOST_FIXTURE_TEST_CASE(a_managed_neighbour_is_the_kernels_to_resolve, linx::test::paired_network)
{
  require(ask(kernel.add_neighbour(rtnl::neighbour(v0, "10.0.0.7"_ip).managed())));
  const auto got = ask(kernel.get_neighbour(v0, "10.0.0.7"_ip));
  require(got);
  BOOST_TEST((got.value().extended_flags & NTF_EXT_MANAGED) != 0u);
  BOOST_TEST(contains(ip("neigh show dev v0"), "\"managed\":null"));
}

// Proxies are a table of their own: listed, removed and flushed apart from neighbours.
BOOST_FIXTURE_TEST_CASE(proxies_are_apart, linx::test::paired_network)
{
  require(ask(kernel.add_neighbour(rtnl::neighbour(v0, "10.0.0.8"_ip).proxy())));
  require(ask(kernel.add_neighbour(rtnl::neighbour(v0, "2001:db8::8"_ip).proxy())));
  require(ask(kernel.add_neighbour(rtnl::neighbour(v0, "10.0.0.9"_ip).at("02:00:00:00:00:09"_mac))));
  BOOST_TEST(contains(ip("neigh show proxy"), "\"dst\":\"10.0.0.8\""));
  const auto proxies = all(kernel.neighbours(rtnl::neighbour_filter().proxies()));
  BOOST_REQUIRE(proxies.size() == 2u);
  BOOST_TEST(proxies[0].is_proxy());
  BOOST_TEST(proxies[0].link == v0);
  for (const auto& n : all(kernel.neighbours())) BOOST_TEST(!n.is_proxy());
  require(ask(kernel.remove_neighbour(rtnl::neighbour(v0, "10.0.0.8"_ip).proxy())));
  BOOST_TEST(!contains(ip("neigh show proxy"), "10.0.0.8"));
  const auto flushed = ask(kernel.flush_neighbours(rtnl::neighbour_filter().proxies()));
  require(flushed);
  BOOST_TEST(flushed.value() == 1u);
  BOOST_TEST(contains(ip("neigh show dev v0"), "10.0.0.9"));
}

BOOST_FIXTURE_TEST_CASE(a_flush_spares_what_was_set_by_hand, linx::test::paired_network)
{
  for (unsigned n = 10; n < 60; ++n) {
    rtnl::neighbour one(v0, *"10.0.0.0"_ip.plus(n));
    one.at("02:00:00:00:00:09"_mac).in_state(n % 2 == 0 ? NUD_STALE : NUD_PERMANENT);
    require(ask(kernel.add_neighbour(one)));
  }
  const auto stale = ask(kernel.flush_neighbours(rtnl::neighbour_filter(linx::net::family::v4).link(v0)));
  require(stale);
  BOOST_TEST(stale.value() == 25u);
  BOOST_TEST(!contains(ip("neigh show dev v0"), "STALE"));
  const auto permanent =
      ask(kernel.flush_neighbours(rtnl::neighbour_filter().link(v0).states(NUD_PERMANENT)));
  require(permanent);
  BOOST_TEST(permanent.value() == 25u);
  BOOST_TEST(!contains(ip("neigh show dev v0"), "PERMANENT"));
}

BOOST_FIXTURE_TEST_CASE(tables_tell_their_thresholds_and_times, linx::test::paired_network)
{
  const auto tables = all(kernel.neighbour_tables());
  const auto arp = std::find_if(tables.begin(), tables.end(),
                                [](const auto& t) { return t.name == "arp_cache" && t.usage.has_value(); });
  BOOST_REQUIRE((arp != tables.end()));
  BOOST_TEST(arp->usage->threshold3 > arp->usage->threshold1);
  BOOST_TEST(arp->usage->gc_interval.count() > 0);
  const auto said = run_command("cat /proc/sys/net/ipv4/neigh/v0/base_reachable_time_ms").output;
  const auto of_v0 = std::find_if(tables.begin(), tables.end(), [this](const auto& t) {
    return t.name == "arp_cache" && t.parameters.link == v0;
  });
  BOOST_REQUIRE((of_v0 != tables.end()));
  BOOST_TEST(!of_v0->usage.has_value());
  BOOST_TEST(std::to_string(of_v0->parameters.base_reachable.count()) + "\n" == said);
  BOOST_TEST(of_v0->parameters.unicast_probes > 0u);
}

BOOST_FIXTURE_TEST_CASE(netconf_tells_the_switches, linx::test::paired_network)
{
  BOOST_REQUIRE(
      run_command("sysctl -qw net.ipv4.conf.v0.forwarding=1 net.ipv4.conf.v1.forwarding=0").status == 0);
  const auto one = ask(kernel.get_netconf(linx::net::family::v4, static_cast<std::int32_t>(v0)));
  require(one);
  BOOST_TEST((one.value().forwarding == 1));
  BOOST_TEST(one.value().rp_filter.has_value());
  const auto everything = all(kernel.netconfs());
  BOOST_TEST((std::find(everything.begin(), everything.end(), one.value()) != everything.end()));
  const auto has = [&](linx::net::family family, std::int32_t link) {
    return std::any_of(everything.begin(), everything.end(),
                       [=](const auto& n) { return n.family == family && n.link == link; });
  };
  BOOST_TEST(has(linx::net::family::v4, rtnl::netconf::all));
  BOOST_TEST(has(linx::net::family::v6, rtnl::netconf::defaults));
  BOOST_TEST(contains(run_command("ip -4 netconf show dev v0").output, "forwarding on"));
  BOOST_TEST(!ask(kernel.get_netconf(linx::net::family::v4, 9999)));
}

BOOST_AUTO_TEST_SUITE_END()
