// Addresses, and what ip(8) says afterwards.
#include "rtnl/paired_network.hpp"

#include <linx/rtnl/address_filter.hpp>

#include <cerrno>

#include <linux/rtnetlink.h>

BOOST_AUTO_TEST_SUITE(rtnl_address_kernel, *boost::unit_test::precondition(linx::test::ip_possible))

namespace asio = boost::asio;
namespace rtnl = linx::rtnl;
using namespace linx::net::literals;
using linx::test::contains;
using linx::test::ip;
using linx::test::require;
using linx::test::run;
using linx::test::why;

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

// Flags, metric, protocol, label and scope: what was asked for is what is listed.
BOOST_FIXTURE_TEST_CASE(addresses_of_many_forms_round_trip, linx::test::paired_network)
{
  std::vector<rtnl::address> made;
  made.emplace_back(v1, "10.1.0.1/24"_ifaddr);
  made.back().label = "v1:one";
  made.back().metric = 77;
  made.back().flags = IFA_F_NOPREFIXROUTE;
  made.back().scope = RT_SCOPE_LINK;
  made.back().broadcast = "10.1.0.250"_ip;
  made.emplace_back(v1, "2001:db8:1::1/64"_ifaddr);
  made.back().flags = IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR;
  made.back().metric = 78;
  made.back().protocol = 99;
  made.emplace_back(v1, "10.2.0.1/32"_ifaddr);
  made.back().peer = "10.2.0.2"_ip;
  made.back().protocol = 100;
  for (const auto& a : made) BOOST_REQUIRE_MESSAGE(ask(kernel.add_address(a)).has_value(), to_string(a));
  const auto listed = all(kernel.addresses(rtnl::address_filter().link(v1)));
  for (auto a : made) {
    const auto at =
        std::find_if(listed.begin(), listed.end(), [&](const auto& l) { return l.local == a.local; });
    BOOST_REQUIRE_MESSAGE(at != listed.end(), to_string(a));
    a.flags |= IFA_F_PERMANENT;
    if (a.label.empty() && a.local.family() == linx::net::family::v4) a.label = "v1";
    BOOST_TEST((*at == a), to_string(*at) << " is not " << to_string(a));
  }
  const auto said = ip("address show v1");
  BOOST_TEST(contains(said, "\"metric\":77"));
  BOOST_TEST(contains(said, "\"label\":\"v1:one\""));
  BOOST_TEST(contains(said, "\"noprefixroute\":true"));
  BOOST_TEST(contains(said, "\"home\":true"));
  BOOST_TEST(contains(said, "\"mngtmpaddr\":true"));
  const auto six = ask(kernel.get_address(v1, "2001:db8:1::1"_ip));
  require(six);
  BOOST_TEST((six.value().local == "2001:db8:1::1/64"_ifaddr));
  BOOST_TEST((ask(kernel.get_address(v1, "10.1.0.1"_ip)).error().where() == linx::stage::argument));
  require(ask(kernel.remove_address(made.back())));
  BOOST_TEST(!contains(ip("address show v1"), "10.2.0.1"));
}

BOOST_FIXTURE_TEST_CASE(replace_keeps_the_address, linx::test::paired_network)
{
  rtnl::address a(v1, "2001:db8:1::1/64"_ifaddr);
  a.flags = IFA_F_NODAD;
  require(ask(kernel.replace_address(a)));
  a.valid = std::chrono::seconds(1000);
  a.preferred = std::chrono::seconds(500);
  require(ask(kernel.replace_address(a)));
  const auto got = ask(kernel.get_address(v1, a.local.address()));
  require(got);
  BOOST_TEST((got.value().valid > std::chrono::seconds(900)));
  BOOST_TEST((got.value().preferred <= std::chrono::seconds(500)));
  auto mixed = a;
  mixed.peer = "10.0.0.1"_ip;
  BOOST_TEST((ask(kernel.add_address(mixed)).error().where() == linx::stage::argument));
}

BOOST_FIXTURE_TEST_CASE(a_filter_lists_and_flushes_what_is_meant, linx::test::paired_network)
{
  for (unsigned n = 1; n <= 20; ++n) {
    rtnl::address a(v1, linx::net::interface_address(*"10.64.0.0"_ip.plus(n * 256), 24));
    a.label = n % 2 == 0 ? "v1:even" : "v1:odd";
    if (n % 4 == 0) a.scope = RT_SCOPE_LINK;
    require(ask(kernel.add_address(a)));
  }
  const auto count = [this](const rtnl::address_filter& f) { return all(kernel.addresses(f)).size(); };
  using rtnl::address_filter;
  BOOST_TEST(count(address_filter().label("v1:even")) == 10u);
  BOOST_TEST(count(address_filter().link(v1).scope(RT_SCOPE_LINK).family(linx::net::family::v4)) == 5u);
  BOOST_TEST(count(address_filter(linx::net::family::v4).link(v0)) == 1u);
  BOOST_TEST(count(address_filter().within("10.64.0.0/21"_subnet)) == 7u);
  BOOST_TEST(count(address_filter().flags(IFA_F_NODAD)) == 1u);
  BOOST_TEST(count(address_filter().link(v1).without_flags(IFA_F_PERMANENT)) == 0u);
  const auto odd = ask(kernel.flush_addresses(address_filter().label("v1:odd")));
  require(odd);
  BOOST_TEST(odd.value() == 10u);
  BOOST_TEST(!contains(ip("address show v1"), "v1:odd"));
  const auto rest = ask(kernel.flush_addresses(address_filter(linx::net::family::v4).link(v1)));
  require(rest);
  BOOST_TEST(rest.value() == 10u);
  BOOST_TEST(contains(ip("address show v0"), "10.0.0.1"));
}

// The kernel takes secondary addresses away with their primary.
BOOST_FIXTURE_TEST_CASE(secondaries_that_went_by_themselves_are_no_error, linx::test::paired_network)
{
  for (unsigned n = 1; n <= 10; ++n) {
    require(ask(
        kernel.add_address(rtnl::address(v1, linx::net::interface_address(*"10.64.0.0"_ip.plus(n), 24)))));
  }
  require(ask(kernel.flush_addresses(rtnl::address_filter().within("10.64.0.0/24"_subnet))));
  BOOST_TEST(!contains(ip("address show v1"), "10.64.0."));
}

BOOST_AUTO_TEST_SUITE_END()
