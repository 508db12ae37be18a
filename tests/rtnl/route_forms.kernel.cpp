// What a route can say, which routes are meant, and which one a packet takes.
#include "rtnl/paired_network.hpp"

#include <linx/rtnl/route_filter.hpp>
#include <linx/rtnl/rule.hpp>

#include <cerrno>

#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(rtnl_route_forms_kernel, *boost::unit_test::precondition(linx::test::ip_possible))

namespace rtnl = linx::rtnl;
using namespace linx::net::literals;
using linx::test::contains;
using linx::test::ip;
using linx::test::require;
using linx::test::why;
using rtnl::route_type;

namespace {

class routed_network : public linx::test::paired_network {
public:
  // Adds it, and reads back the one route to its destination in its table.
  rtnl::route kept(const rtnl::route& r)
  {
    const auto added = ask(kernel.add_route(r));
    BOOST_REQUIRE_MESSAGE(added.has_value(), to_string(r) << ": " << why(added));
    return listed(r);
  }

  rtnl::route listed(const rtnl::route& r)
  {
    const auto found = all(kernel.routes(rtnl::route_filter(r.family()).table(r.table).to(r.destination)));
    BOOST_REQUIRE_MESSAGE(found.size() == 1u, to_string(r));
    return found[0];
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(every_type_of_route, routed_network)
{
  std::vector<rtnl::route> made;
  made.emplace_back(route_type::blackhole, "10.1.0.0/16"_subnet);
  made.emplace_back(route_type::unreachable, "10.2.0.0/16"_subnet);
  made.emplace_back(route_type::prohibit, "10.3.0.0/16"_subnet);
  made.emplace_back(route_type::throw_, "10.4.0.0/16"_subnet);
  made.emplace_back(route_type::local, "10.5.0.0/16"_subnet);
  made.emplace_back(route_type::broadcast, "10.6.0.255/32"_subnet);
  made.emplace_back(route_type::multicast, "239.0.0.0/8"_subnet);
  for (auto& r : made) {
    if (r.type == route_type::local || r.type == route_type::broadcast || r.type == route_type::multicast)
      r.dev(v0);
    BOOST_TEST((kept(r).type == r.type), to_string(r));
  }
  for (const auto type :
       {route_type::blackhole, route_type::unreachable, route_type::prohibit, route_type::throw_}) {
    const rtnl::route r(type, "2001:db8:1::/48"_subnet);
    BOOST_TEST((kept(r).type == type), to_string(type));
    require(ask(kernel.remove_route(r)));
  }
  rtnl::route any(route_type::anycast, "2001:db8::99/128"_subnet);
  any.dev(v0);
  any.table = RT_TABLE_LOCAL;
  BOOST_TEST((kept(any).type == route_type::anycast));
  const auto said = ip("route show table all");
  for (const char* type :
       {"blackhole", "unreachable", "prohibit", "throw", "local", "broadcast", "multicast"})
    BOOST_TEST(contains(said, "\"type\":\"" + std::string(type) + "\""), type);
  for (const auto& r : made) BOOST_REQUIRE_MESSAGE(ask(kernel.remove_route(r)).has_value(), to_string(r));
}

BOOST_FIXTURE_TEST_CASE(metrics_survive_the_kernel, routed_network)
{
  rtnl::route_metrics metrics;
  metrics.mtu(1400).lock(rtnl::route_metric::mtu).advmss(1300).window(70000).initcwnd(20).initrwnd(30);
  metrics.hoplimit(63).quickack().rtt(std::chrono::milliseconds(40)).rto_min(std::chrono::milliseconds(7));
  metrics.set(rtnl::route_metric::features, RTAX_FEATURE_ECN).congestion_control("reno");
  for (const auto& to : {"10.1.0.0/16"_subnet, "2001:db8:1::/48"_subnet}) {
    auto r = rtnl::route(to).dev(v0);
    r.metrics = metrics;
    const auto seen = kept(r);
    BOOST_REQUIRE(seen.metrics.has_value());
    BOOST_TEST((*seen.metrics == metrics), to_string(*seen.metrics) << " is not " << to_string(metrics));
  }
  const auto said = linx::test::run_command("ip -d route show 10.1.0.0/16").output;
  BOOST_TEST(contains(said, "mtu lock 1400"));
  BOOST_TEST(contains(said, "advmss 1300"));
  BOOST_TEST(contains(said, "rtt 40ms"));
  BOOST_TEST(contains(said, "rto_min 7ms"));
  BOOST_TEST(contains(said, "congctl reno"));
  BOOST_TEST(contains(said, "features ecn"));
  BOOST_TEST(contains(said, "initcwnd 20"));
  BOOST_TEST(contains(said, "quickack 1"));
}

BOOST_FIXTURE_TEST_CASE(realms_survive_the_kernel, routed_network)
{
  using rtnl::realms;
  auto one = rtnl::route("10.1.0.0/16"_subnet).via("10.0.0.2"_ip);
  one.hops[0].in_realms(realms(3, 7));
  const auto seen = kept(one);
  if (seen.hops[0].realm == realms()) {
    BOOST_TEST_MESSAGE("skipped: a kernel without CONFIG_IP_ROUTE_CLASSID");
    return;
  }
  BOOST_TEST((seen.hops[0].realm == realms(3, 7)), to_string(seen));
  BOOST_TEST(contains(ip("route show 10.1.0.0/16"), "\"flow\":{\"from\":\"3\",\"to\":\"7\"}"));
  rtnl::route several("10.2.0.0/16"_subnet);
  several.hops = {rtnl::next_hop().via("10.0.0.2"_ip).in_realms(realms(9)),
                  rtnl::next_hop().via("10.0.0.3"_ip).share(2)};
  const auto both = kept(several);
  BOOST_REQUIRE(both.hops.size() == 2u);
  BOOST_TEST((both.hops[0].realm == realms(9)));
  BOOST_TEST((both.hops[1].realm == realms()));
  // what was read goes back as it was
  for (const auto& r : {seen, both}) {
    require(ask(kernel.remove_route(r)));
    const auto again = kept(r);
    BOOST_TEST((again == r), to_string(again) << " is not " << to_string(r));
  }
}

BOOST_FIXTURE_TEST_CASE(what_only_ipv6_has, routed_network)
{
  auto subtree = rtnl::route("2001:db8:5::/48"_subnet).via("2001:db8::2"_ip).dev(v0);
  subtree.from = "2001:db8:7::/48"_subnet;
  const auto added = ask(kernel.add_route(subtree));
  if (!added && added.error().errnum() == EINVAL)
    BOOST_TEST_MESSAGE("skipped: " << why(added)); // a kernel without CONFIG_IPV6_SUBTREES
  else {
    require(added);
    BOOST_TEST((listed(subtree).from == subtree.from));
    BOOST_TEST(contains(ip("-6 route show 2001:db8:5::/48"), "\"from\":\"2001:db8:7::/48\""));
    require(ask(kernel.remove_route(subtree)));
  }
  auto preferred = rtnl::route("2001:db8:6::/48"_subnet).via("2001:db8::2"_ip).dev(v0);
  preferred.preference = rtnl::route_preference::high;
  preferred.expires = std::chrono::seconds(500);
  const auto seen = kept(preferred);
  BOOST_TEST((seen.preference == rtnl::route_preference::high));
  BOOST_REQUIRE(seen.expires.has_value());
  BOOST_TEST((*seen.expires > std::chrono::seconds(400)));
  BOOST_TEST((*seen.expires <= std::chrono::seconds(500)));
  const auto said = ip("-6 route show 2001:db8:6::/48");
  BOOST_TEST(contains(said, "\"pref\":\"high\""));
  BOOST_TEST(contains(said, "\"expires\":"));
}

// The tunnel that ip(8) made is read from one route and given to others: alone, and as one of two ways.
BOOST_FIXTURE_TEST_CASE(an_encapsulation_is_passed_on, routed_network)
{
  const auto made = linx::test::run_command(
      "ip route add 10.1.0.0/16 encap ip id 7 dst 10.0.0.3 via 10.0.0.2 dev v0 onlink");
  if (made.status != 0) {
    BOOST_TEST_MESSAGE("skipped: no lightweight IP tunnels: " << made.output);
    return;
  }
  const auto first = listed(rtnl::route("10.1.0.0/16"_subnet));
  BOOST_REQUIRE(first.hops.size() == 1u);
  BOOST_REQUIRE(first.hops[0].encap.has_value());
  BOOST_TEST((first.hops[0].flags & RTNH_F_ONLINK) != 0);
  rtnl::route second("10.2.0.0/16"_subnet);
  second.hops = first.hops;
  BOOST_TEST((kept(second).hops == first.hops));
  const auto said = ip("route show 10.2.0.0/16");
  BOOST_TEST(contains(said, "\"encap\":\"ip\",\"id\":7"));
  BOOST_TEST(contains(said, "\"onlink\""));
  rtnl::route third("10.3.0.0/16"_subnet);
  third.hops = {first.hops[0], rtnl::next_hop().via("10.0.0.4"_ip).dev(v0).share(3)};
  BOOST_TEST((kept(third).hops == third.hops));
}

// What was listed can be made again: all that the kernel says of itself is left out.
BOOST_FIXTURE_TEST_CASE(a_listing_can_be_restored, routed_network)
{
  auto dead = rtnl::route("10.1.0.0/16"_subnet).via("10.0.0.2"_ip).dev(v0);
  rtnl::route several("10.2.0.0/16"_subnet);
  several.hops = {rtnl::next_hop().via("10.0.0.2"_ip).dev(v0),
                  rtnl::next_hop().via("10.0.0.3"_ip).dev(v0).share(256)};
  dead = kept(dead);
  several = kept(several);
  const auto is_down = [&](const rtnl::route& r) { return (listed(r).hops[0].flags & RTNH_F_LINKDOWN) != 0; };
  // The kernel takes up to a second to tell routes of a carrier (net/core/link_watch.c).
  const auto wait_for = [&](bool down) {
    for (int n = 0; n != 1000 && is_down(several) != down; ++n) ::usleep(10'000);
    BOOST_TEST(is_down(several) == down);
  };
  require(ask(kernel.set_down(v1)));
  wait_for(true);
  const auto without_carrier = listed(several);
  require(ask(kernel.remove_route(several)));
  require(ask(kernel.add_route(without_carrier)));
  require(ask(kernel.set_up(v1)));
  wait_for(false);
  BOOST_TEST((listed(several) == several), to_string(listed(several)) << " is not " << to_string(several));
}

BOOST_FIXTURE_TEST_CASE(changed_replaced_and_appended, routed_network)
{
  const auto to = rtnl::route("10.1.0.0/16"_subnet);
  auto one = to;
  one.via("10.0.0.2"_ip);
  BOOST_TEST(ask(kernel.change_route(one)).error().errnum() == ENOENT);
  require(ask(kernel.add_route(one)));
  BOOST_TEST(ask(kernel.add_route(one)).error().errnum() == EEXIST);
  one.via("10.0.0.3"_ip);
  require(ask(kernel.change_route(one)));
  BOOST_TEST(contains(ip("route show 10.1.0.0/16"), "10.0.0.3"));
  auto other = to;
  other.via("10.0.0.4"_ip);
  require(ask(kernel.append_route(other)));
  BOOST_TEST(all(kernel.routes(rtnl::route_filter().to(to.destination))).size() == 2u);
  // IPv6 makes one route of both
  auto six = rtnl::route("2001:db8:1::/48"_subnet).via("2001:db8::2"_ip).dev(v0);
  require(ask(kernel.add_route(six)));
  six.via("2001:db8::3"_ip);
  require(ask(kernel.append_route(six)));
  BOOST_TEST(listed(six).hops.size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(the_route_of_a_packet, routed_network)
{
  require(ask(kernel.add_route(rtnl::route::default_via("10.0.0.254"_ip))));
  auto marked = rtnl::route::default_via("10.0.0.253"_ip);
  marked.table = 100;
  require(ask(kernel.add_route(marked)));
  require(ask(kernel.add_rule(rtnl::rule().marked(7).lookup(100).at(1000))));

  const auto plain = ask(kernel.get_route("192.0.2.1"_ip));
  require(plain);
  BOOST_TEST((plain.value().hops.front().gateway == "10.0.0.254"_ip));
  BOOST_TEST((plain.value().source == "10.0.0.1"_ip));
  BOOST_TEST((plain.value().destination == "192.0.2.1/32"_subnet));
  BOOST_REQUIRE(plain.value().lookup.has_value());
  BOOST_TEST((plain.value().lookup->uid == 0u));

  const auto by_mark = ask(kernel.get_route(rtnl::route_query("192.0.2.1"_ip).mark(7)));
  require(by_mark);
  BOOST_TEST((by_mark.value().hops.front().gateway == "10.0.0.253"_ip));
  BOOST_TEST(by_mark.value().table == 100u);
  BOOST_TEST(by_mark.value().lookup->mark == 7u);

  const auto as_listed = ask(kernel.get_route(rtnl::route_query("192.0.2.1"_ip).fib_match()));
  require(as_listed);
  BOOST_TEST(as_listed.value().destination.is_default());
  BOOST_TEST(as_listed.value().protocol == RTPROT_STATIC);

  const auto user = linx::test::mapped_user(4242);
  const auto of_user = rtnl::rule().of_users(user).act(rtnl::rule_action::blackhole).at(1001);
  require(ask(kernel.add_rule(of_user)));
  const auto by_user = ask(kernel.get_route(rtnl::route_query("192.0.2.1"_ip).uid(user)));
  BOOST_TEST(by_user.error().errnum() == EINVAL); // a blackhole, which says so
  require(ask(kernel.remove_rule(of_user)));
  const auto out = ask(kernel.get_route(rtnl::route_query("10.0.0.77"_ip).out(v0).from("10.0.0.1"_ip)));
  require(out);
  BOOST_TEST(out.value().hops.front().output == v0);
  const auto in = ask(kernel.get_route(rtnl::route_query("10.0.0.1"_ip).from("10.0.0.77"_ip).in(v0)));
  require(in);
  BOOST_TEST((in.value().type == route_type::local));
  BOOST_TEST(in.value().lookup->input == v0);
  const auto tcp =
      ask(kernel.get_route(rtnl::route_query("192.0.2.1"_ip).ip_protocol(IPPROTO_TCP).ports(1000, 80)));
  require(tcp);
  const auto six = ask(kernel.get_route("2001:db8::77"_ip));
  require(six);
  BOOST_TEST(six.value().hops.front().output == v0);
  const auto mixed = ask(kernel.get_route(rtnl::route_query("10.0.0.1"_ip).from("::1"_ip)));
  BOOST_TEST((mixed.error().where() == linx::stage::argument));
  const auto nowhere = ask(kernel.get_route("fd00::1"_ip));
  BOOST_TEST(nowhere.error().errnum() == ENETUNREACH);
}

// The kernel filters by some and linx by the rest: either way the same routes.
BOOST_FIXTURE_TEST_CASE(a_filter_lists_what_is_meant, routed_network)
{
  for (unsigned n = 0; n < 64; ++n) {
    auto r = rtnl::route(linx::net::subnet(*"10.64.0.0"_ip.plus(n * 256), 24));
    if (n % 4 == 3)
      r.type = route_type::blackhole;
    else
      r.dev(n % 2 == 0 ? v0 : v1);
    r.protocol = n % 2 == 0 ? 99 : 100;
    r.table = n < 32 ? 254 : 1000;
    r.metric = n;
    require(ask(kernel.add_route(r)));
  }
  const auto count = [this](const rtnl::route_filter& f) { return all(kernel.routes(f)).size(); };
  using rtnl::route_filter;
  BOOST_TEST(count(route_filter().table(1000)) == 32u);
  BOOST_TEST(count(route_filter().table(4711)) == 0u); // not there
  BOOST_TEST(count(route_filter(linx::net::family::v4).table(4711)) == 0u);
  BOOST_TEST(count(route_filter(linx::net::family::v6).table(4711)) == 0u);
  BOOST_TEST(count(route_filter().protocol(99)) == 32u);
  BOOST_TEST(count(route_filter().protocol(99).table(1000)) == 16u);
  BOOST_TEST(count(route_filter().type(route_type::blackhole)) == 16u);
  BOOST_TEST(count(route_filter().protocol(99).dev(v0)) == 32u);
  BOOST_TEST(count(route_filter().protocol(100).dev(v1)) == 16u);
  BOOST_TEST(count(route_filter().within("10.64.0.0/20"_subnet)) == 16u);
  BOOST_TEST(count(route_filter().to("10.64.7.0/24"_subnet)) == 1u);
  BOOST_TEST(count(route_filter().metric(5)) == 1u);
  BOOST_TEST(count(route_filter(linx::net::family::v6).protocol(99)) == 0u);
  BOOST_TEST(count(route_filter()) > count(linx::net::family::v4)); // both families

  const auto flushed = ask(kernel.flush_routes(route_filter().protocol(99).table(1000)));
  require(flushed);
  BOOST_TEST(flushed.value() == 16u);
  BOOST_TEST(count(route_filter().table(1000)) == 16u);
  BOOST_TEST(count(route_filter().protocol(99)) == 16u);
  BOOST_TEST(ask(kernel.flush_routes(route_filter().table(4711))).value() == 0u);
  const auto rest = ask(kernel.flush_routes(route_filter().within("10.64.0.0/16"_subnet)));
  require(rest);
  BOOST_TEST(rest.value() == 48u);
  BOOST_TEST(!contains(ip("route show table all"), "10.64."));
}

// Two routes that differ in who made them: the one that is meant goes.
BOOST_FIXTURE_TEST_CASE(a_flush_takes_the_exact_route, routed_network)
{
  auto first = rtnl::route("10.1.0.0/16"_subnet).dev(v0);
  first.protocol = 99;
  auto second = rtnl::route("10.1.0.0/16"_subnet).dev(v0);
  second.protocol = 100;
  second.scope = RT_SCOPE_LINK;
  require(ask(kernel.add_route(first)));
  require(ask(kernel.append_route(second)));
  BOOST_TEST(ask(kernel.flush_routes(rtnl::route_filter().protocol(100))).value() == 1u);
  BOOST_TEST(listed(first).protocol == 99);
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_said_is_refused, routed_network)
{
  auto heavy = rtnl::route("10.1.0.0/16"_subnet);
  heavy.hops = {rtnl::next_hop().via("10.0.0.2"_ip), rtnl::next_hop().via("10.0.0.3"_ip).share(300)};
  const auto refused = ask(kernel.add_route(heavy));
  BOOST_TEST((refused.error().where() == linx::stage::argument));
  BOOST_TEST(contains(why(refused), "10.1.0.0/16"));
  auto mixed = rtnl::route("10.1.0.0/16"_subnet).dev(v0);
  mixed.source = "2001:db8::1"_ip;
  BOOST_TEST((ask(kernel.add_route(mixed)).error().where() == linx::stage::argument));
  auto wrong = rtnl::route("10.1.0.0/16"_subnet).dev(v0);
  wrong.metrics = rtnl::route_metrics().mtu(1400).congestion_control("nonsense");
  BOOST_TEST(contains(why(ask(kernel.add_route(wrong))), "Unknown tcp congestion algorithm"));
  auto no_object = rtnl::route("10.1.0.0/16"_subnet);
  no_object.nexthop_id = 99;
  BOOST_TEST(contains(why(ask(kernel.add_route(no_object))), "nhid 99"));
}

// The values of a listing hold their source by a count of their own: the sanitizer sees one too many and too
// few.
BOOST_FIXTURE_TEST_CASE(a_listing_that_is_dropped_half_way, routed_network)
{
  auto listing = kernel.routes();
  BOOST_REQUIRE(ask(listing.next()).value().has_value());
  auto late = listing.next();
  listing.cancel();
  const auto ended = ask(std::move(late));
  BOOST_TEST((ended.error() == linx::errc::closed));
  {
    auto forgotten = kernel.routes();
    BOOST_REQUIRE(ask(forgotten.next()).value().has_value());
    const auto never_awaited = forgotten.next();
  }
  auto unread = kernel.routes();
  auto taken_over = std::move(unread);
  BOOST_REQUIRE(ask(taken_over.next()).value().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
