// Requests of many kinds that are sent together.
#include "rtnl/paired_network.hpp"

#include <linx/rtnl/address_label.hpp>
#include <linx/rtnl/batch.hpp>
#include <linx/rtnl/neighbour.hpp>
#include <linx/rtnl/nexthop.hpp>
#include <linx/rtnl/route_filter.hpp>
#include <linx/rtnl/rule.hpp>

#include <cerrno>

BOOST_AUTO_TEST_SUITE(rtnl_batch_kernel, *boost::unit_test::precondition(linx::test::ip_possible))

namespace rtnl = linx::rtnl;
using namespace linx::net::literals;
using linx::test::contains;
using linx::test::ip;
using linx::test::require;
using linx::test::run_command;
using linx::test::why;

namespace {

// Six that are right, of every kind, and three that are not: the numbers 2, 4 and 7.
rtnl::batch mixed(std::uint32_t link)
{
  auto wrong = rtnl::route("10.3.0.0/16"_subnet);
  wrong.via("172.16.0.1"_ip);
  rtnl::batch all;
  all.add(rtnl::address(link, "10.8.0.1/24"_ifaddr))
      .add(rtnl::route("10.1.0.0/16"_subnet).via("10.0.0.2"_ip))
      .add(wrong)
      .add(rtnl::nexthop(1).via("10.0.0.2"_ip).dev(link))
      .add(rtnl::nexthop(10).member(99))
      .add(rtnl::rule().from("10.4.0.0/16"_subnet).lookup(100).at(1000))
      .add(rtnl::neighbour(link, "10.0.0.9"_ip).at("02:00:00:00:00:09"_mac))
      .remove(rtnl::route("10.9.0.0/16"_subnet))
      .replace(rtnl::route("10.1.0.0/16"_subnet).via("10.0.0.3"_ip));
  return all;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(each_request_has_its_own_result, linx::test::paired_network)
{
  const auto results = ask(kernel.submit(mixed(v0)));
  require(results);
  BOOST_REQUIRE(results.value().size() == 9u);
  for (const std::size_t n : {0, 1, 3, 5, 6, 8}) BOOST_TEST(results.value()[n].has_value(), n);
  BOOST_TEST(contains(why(results.value()[2]), "route 10.3.0.0/16 via 172.16.0.1"));
  BOOST_TEST(contains(why(results.value()[2]), "Nexthop has invalid gateway"));
  BOOST_TEST(contains(why(results.value()[4]), "nexthop 10"));
  BOOST_TEST(contains(why(results.value()[7]), "route 10.9.0.0/16"));
  BOOST_TEST(contains(ip("route show 10.1.0.0/16"), "10.0.0.3"));
  BOOST_TEST(contains(ip("address show v0"), "10.8.0.1"));
  BOOST_TEST(contains(ip("rule show"), "10.4.0.0"));
  BOOST_TEST(contains(ip("neigh show dev v0"), "10.0.0.9"));
}

// One acknowledgement for all, and still the right entries with their sentences.
BOOST_FIXTURE_TEST_CASE(bulk_names_those_that_were_refused, linx::test::paired_network)
{
  const auto refused = ask(kernel.bulk(mixed(v0)));
  require(refused);
  BOOST_REQUIRE(refused.value().size() == 3u);
  BOOST_TEST(refused.value()[0].index() == 2u);
  BOOST_TEST(refused.value()[1].index() == 4u);
  BOOST_TEST(refused.value()[2].index() == 7u);
  BOOST_TEST(contains(refused.value()[0].reason().message(), "route 10.3.0.0/16 via 172.16.0.1"));
  BOOST_TEST(contains(ip("route show 10.1.0.0/16"), "10.0.0.3"));
}

// What no message can say: alone with `submit`, all with `bulk`.
BOOST_FIXTURE_TEST_CASE(what_cannot_be_encoded, linx::test::paired_network)
{
  auto wrong = rtnl::route("10.3.0.0/16"_subnet);
  wrong.source = "::1"_ip;
  rtnl::batch all;
  all.add(rtnl::route("10.1.0.0/16"_subnet).via("10.0.0.2"_ip)).add(wrong).add(rtnl::nexthop(1).dev(v0));
  const auto refused = ask(kernel.bulk(all));
  BOOST_TEST((refused.error().where() == linx::stage::argument));
  BOOST_TEST(!contains(ip("route show"), "10.1.0.0"));
  const auto results = ask(kernel.submit(all));
  require(results);
  BOOST_REQUIRE(results.value().size() == 3u);
  BOOST_TEST(results.value()[0].has_value());
  BOOST_TEST((results.value()[1].error().where() == linx::stage::argument));
  BOOST_TEST(results.value()[2].has_value());
  BOOST_TEST(ask(kernel.submit(rtnl::batch())).value().empty());
}

// More than one datagram, and than the acknowledgements that fit in a buffer.
BOOST_FIXTURE_TEST_CASE(thousands_of_routes, linx::test::paired_network)
{
  rtnl::batch adding, removing;
  for (unsigned n = 0; n < 5000; ++n) {
    const auto r = rtnl::route(linx::net::subnet(*"10.64.0.0"_ip.plus(n), 32)).dev(v0);
    adding.add(r);
    removing.remove(r);
  }
  const auto refused = ask(kernel.bulk(std::move(adding)));
  require(refused);
  BOOST_TEST(refused.value().empty());
  BOOST_TEST(all(kernel.routes(rtnl::route_filter().within("10.64.0.0/16"_subnet))).size() == 5000u);
  const auto results = ask(kernel.submit(std::move(removing)));
  require(results);
  for (const auto& r : results.value()) BOOST_REQUIRE(r.has_value());
  BOOST_TEST(!contains(ip("route show"), "10.64."));
}

BOOST_FIXTURE_TEST_CASE(address_labels, linx::test::paired_network)
{
  const rtnl::address_label made("2001:db8:9::/48"_subnet, 99);
  require(ask(kernel.add_address_label(made)));
  BOOST_TEST(contains(run_command("ip addrlabel list").output, "prefix 2001:db8:9::/48 label 99"));
  const auto listed = all(kernel.address_labels());
  BOOST_TEST((std::find(listed.begin(), listed.end(), made) != listed.end()));
  BOOST_TEST(listed.size() > 5u); // RFC 6724's own
  const auto again = ask(kernel.add_address_label(made));
  BOOST_TEST(again.error().errnum() == EEXIST);
  BOOST_TEST(contains(why(again), "address label of 2001:db8:9::/48"));
  require(ask(kernel.replace_address_label(rtnl::address_label(made.prefix, 98))));
  const auto got = ask(kernel.get_address_label("2001:db8:9::1"_ip));
  require(got);
  BOOST_TEST(got.value().label == 98u);
  require(ask(kernel.remove_address_label(made)));
  BOOST_TEST(!contains(run_command("ip addrlabel list").output, "2001:db8:9::/48"));
  const auto v4 = ask(kernel.add_address_label(rtnl::address_label("10.0.0.0/8"_subnet, 1)));
  BOOST_TEST((v4.error().where() == linx::stage::argument));
}

BOOST_AUTO_TEST_SUITE_END()
