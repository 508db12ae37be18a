// Rules, and what ip(8) says of them.
#include "rtnl/paired_network.hpp"

#include <linx/rtnl/rule.hpp>

#include <cerrno>

#include <netinet/in.h>

BOOST_AUTO_TEST_SUITE(rtnl_rule_kernel, *boost::unit_test::precondition(linx::test::ip_possible))

namespace rtnl = linx::rtnl;
using namespace linx::net::literals;
using linx::test::contains;
using linx::test::ip;
using linx::test::require;
using linx::test::why;

namespace {

std::vector<rtnl::rule> rules_of_many_forms()
{
  using linx::net::family;
  using rtnl::rule;
  std::vector<rule> rules;
  rules.push_back(rule().from("10.1.0.0/16"_subnet).lookup(100).at(1000));
  rules.push_back(rule().to("10.2.0.0/16"_subnet).lookup(1001).at(1001));
  rules.push_back(rule().in("v0").out("v1").lookup(100).at(1002));
  rules.push_back(rule().marked(7).lookup(100).at(1003));
  rules.push_back(rule().marked(0x10, 0xf0).lookup(100).at(1004));
  rules.push_back(rule().with_tos(0x10).lookup(100).at(1005));
  rules.push_back(
      rule().of_users({linx::test::mapped_user(1000), linx::test::mapped_user(2000)}).lookup(100).at(1006));
  rules.push_back(
      rule().with_ip_protocol(IPPROTO_TCP).from_ports({80, 90}).to_ports(443).lookup(100).at(1007));
  rules.push_back(rule().lookup(254).suppress_prefixes(0).at(1008));
  rules.push_back(rule().lookup(254).suppress_links(3).at(1009));
  rules.push_back(rule().from("10.3.0.0/16"_subnet).go_to(2000).at(1010));
  rules.push_back(rule().from("10.4.0.0/16"_subnet).act(rtnl::rule_action::blackhole).at(1011));
  rules.push_back(rule().from("10.5.0.0/16"_subnet).act(rtnl::rule_action::unreachable).at(1012));
  rules.push_back(rule().from("10.6.0.0/16"_subnet).act(rtnl::rule_action::prohibit).at(1013));
  rules.push_back(rule().from("10.7.0.0/16"_subnet).act(rtnl::rule_action::nop).at(2000));
  rules.push_back(rule().from("10.8.0.0/16"_subnet).invert().lookup(100).at(1014));
  rules.push_back(
      rule(family::v6).from("2001:db8::/32"_subnet).to("fd00::/8"_subnet).lookup(100000).at(1015));
  rules.push_back(rule(family::v6).in("lo").lookup(255).at(1016));
  rules.push_back(rule().from("10.9.0.0/16"_subnet).lookup(100).in_realms(rtnl::realms(3, 7)).at(1017));
  return rules;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(rules_of_many_forms_round_trip, linx::test::paired_network)
{
  auto made = rules_of_many_forms();
  // the target of goto first, so that it is there
  std::stable_sort(made.begin(), made.end(), [](const auto& a, const auto&) { return a.priority == 2000u; });
  for (const auto& r : made) {
    const auto added = ask(kernel.add_rule(r));
    BOOST_REQUIRE_MESSAGE(added.has_value(), to_string(r) << ": " << why(added));
  }
  const auto listed = all(kernel.rules());
  for (const auto& r : made) {
    const auto at = std::find_if(listed.begin(), listed.end(), [&](const auto& l) {
      return l.priority == r.priority && l.family == r.family;
    });
    BOOST_REQUIRE_MESSAGE(at != listed.end(), to_string(r));
    auto seen = *at;
    seen.flags = 0;
    BOOST_TEST((seen == r), to_string(seen) << " is not " << to_string(r));
  }
  const auto said = ip("rule show");
  BOOST_TEST(contains(said, "\"priority\":1000,\"src\":\"10.1.0.0\",\"srclen\":16,\"table\":\"100\""));
  BOOST_TEST(contains(said, "\"iif\":\"v0\",\"oif\":\"v1\""));
  BOOST_TEST(contains(said, "\"fwmark\":\"0x10\",\"fwmask\":\"0xf0\""));
  BOOST_TEST(contains(said, "\"uid_start\":" + std::to_string(linx::test::mapped_user(1000)) +
                                ",\"uid_end\":" + std::to_string(linx::test::mapped_user(2000))));
  BOOST_TEST(contains(said, "\"ipproto\":\"tcp\",\"sport_start\":80,\"sport_end\":90,\"dport\":443"));
  BOOST_TEST(contains(said, "\"suppress_prefixlen\":0"));
  BOOST_TEST(contains(said, "\"goto\":2000"));
  BOOST_TEST(contains(said, "\"action\":\"prohibit\""));
  BOOST_TEST(contains(said, "\"not\":null,\"src\":\"10.8.0.0\""));
  BOOST_TEST(contains(said, "\"flow_from\":\"3\",\"flow_to\":\"7\""));
  BOOST_TEST(contains(ip("-6 rule show"), "\"dst\":\"fd00::\",\"dstlen\":8,\"table\":\"100000\""));

  for (const auto& r : made) BOOST_REQUIRE_MESSAGE(ask(kernel.remove_rule(r)).has_value(), to_string(r));
  BOOST_TEST(all(kernel.rules()).size() == 5u); // local, main, default; local, main
}

// What only newer kernels select by, which older ones ignore: one that knows it tells it.
BOOST_FIXTURE_TEST_CASE(newer_selectors_round_trip, linx::test::paired_network)
{
  using linx::net::family;
  using rtnl::rule;
  std::vector<rule> made;
  made.push_back(rule().with_dscp(10).lookup(100).at(1));
  made.push_back(rule(family::v6).with_dscp(0x28, 0x38).lookup(100).at(2));
  made.push_back(rule(family::v6).with_flow_label(0x12345).lookup(100).at(3));
  made.push_back(rule(family::v6).with_flow_label(0x12300, 0xfff00).lookup(100).at(4));
  made.push_back(rule().from_ports(0x50).to_ports(0x100).lookup(100).at(5));
  made.back().destination_port_mask = 0xff00;
  for (const auto& r : made) {
    require(ask(kernel.add_rule(r)));
    const auto listed = all(kernel.rules(rtnl::rule_filter(r.family).priority(*r.priority)));
    BOOST_REQUIRE(listed.size() == 1u);
    const bool is_known = listed[0].dscp || listed[0].flow_label || listed[0].destination_port_mask != 0xffff;
    // 6.12 knows the code point, 6.15 its mask
    const bool is_without_mask = listed[0].dscp && listed[0].dscp_mask != r.dscp_mask;
    if (!is_known || is_without_mask) {
      BOOST_TEST_MESSAGE("skipped: this kernel has no " << to_string(r));
      continue;
    }
    BOOST_TEST((listed[0] == r), to_string(listed[0]) << " is not " << to_string(r));
    require(ask(kernel.remove_rule(listed[0])));
    BOOST_TEST(all(kernel.rules(rtnl::rule_filter(r.family).priority(*r.priority))).empty());
  }
}

// A rule of VRFs needs no VRF.
BOOST_FIXTURE_TEST_CASE(an_l3mdev_rule, linx::test::paired_network)
{
  const auto made = rtnl::rule().lookup_l3mdev().at(500);
  const auto added = ask(kernel.add_rule(made));
  if (!added && (added.error().errnum() == EOPNOTSUPP || added.error().errnum() == EINVAL)) {
    BOOST_TEST_MESSAGE("skipped: " << why(added)); // a kernel without CONFIG_NET_L3_MASTER_DEV
    return;
  }
  require(added);
  BOOST_TEST(contains(ip("rule show priority 500"), "l3mdev"));
  const auto listed = all(kernel.rules(rtnl::rule_filter().priority(500)));
  BOOST_REQUIRE(listed.size() == 1u);
  BOOST_TEST(listed[0].l3mdev);
}

// The rule without which no packet finds this machine stays.
BOOST_FIXTURE_TEST_CASE(a_flush_takes_what_is_meant, linx::test::paired_network)
{
  for (auto r : rules_of_many_forms()) {
    r.protocol = r.priority.value() % 2 == 0 ? 99 : 4;
    require(ask(kernel.add_rule(r)));
  }
  const auto before = all(kernel.rules()).size();
  const auto flushed = ask(kernel.flush_rules(rtnl::rule_filter().protocol(99)));
  require(flushed);
  BOOST_TEST(flushed.value() == 10u);
  BOOST_TEST(all(kernel.rules()).size() == before - 10u);
  BOOST_TEST(!contains(ip("rule show"), "\"priority\":1002"));
  require(ask(kernel.flush_rules(linx::net::family::v4)));
  const auto left = all(kernel.rules(linx::net::family::v4));
  BOOST_REQUIRE(left.size() == 1u);
  BOOST_TEST((left[0].priority == 0u));
  BOOST_TEST(!all(kernel.rules(linx::net::family::v6)).empty());
}

BOOST_FIXTURE_TEST_CASE(refusals_say_what_is_wrong, linx::test::paired_network)
{
  const auto twice = rtnl::rule().from("10.1.0.0/16"_subnet).lookup(100).at(1000);
  require(ask(kernel.add_rule(twice)));
  const auto again = ask(kernel.add_rule(twice));
  BOOST_TEST(again.error().errnum() == EEXIST);
  BOOST_TEST(contains(why(again), "rule 1000: from 10.1.0.0/16 lookup 100"));
  const auto backwards = ask(kernel.add_rule(rtnl::rule().go_to(5).at(10)));
  BOOST_TEST(contains(why(backwards), "Backward goto not supported"));
  const auto mixed = ask(kernel.add_rule(rtnl::rule().from("2001:db8::/32"_subnet)));
  BOOST_TEST((mixed.error().where() == linx::stage::argument));
  BOOST_TEST(!ask(kernel.add_rule(rtnl::rule().in("no such"))));
  BOOST_TEST(ask(kernel.remove_rule(rtnl::rule().at(77).lookup(5))).error().errnum() == ENOENT);
}

BOOST_AUTO_TEST_SUITE_END()
