// What nft(8) wrote, read by linx.

#include "netfilter/fresh_ruleset.hpp"

#include <cerrno>

BOOST_AUTO_TEST_SUITE(netfilter_pull_kernel)

namespace nf = linx::netfilter;
using namespace std::string_view_literals;
using linx::test::fresh_ruleset;
using linx::test::why;

namespace {

/// Rules that nft lists exactly as they stand here.
constexpr const char* rules[] = {
    "ct state established,related accept",
    "ct state invalid drop",
    "tcp dport 22 counter packets 0 bytes 0 accept",
    "tcp dport 1000-2000 accept",
    "tcp dport != 1000-2000 accept",
    "ip saddr 10.0.0.0/24 tcp dport 22 ip daddr 10.1.1.1 accept",
    "ip saddr 10.0.0.0/23 udp sport != 53 jump other",
    "ip6 saddr fe80::/10 drop",
    "ip6 daddr 2001:db8::1 drop",
    "iifname \"lo\" accept",
    "oifname \"veth*\" accept",
    "icmp type echo-request limit rate 5/second burst 10 packets log prefix \"foo\" group 3 accept",
    "icmpv6 type nd-neighbor-solicit accept",
    "ip saddr @s drop",
    "ip saddr . tcp dport @pairs accept",
    "meta l4proto udp accept",
    "meta mark 0x00000005 ct mark set 0x00000007",
    "meta mark set 0x00000009",
    "tcp dport 80 reject with tcp reset",
    "ip protocol tcp accept",
    "ct mark 0x00000001 return",
    "tcp dport 25 reject",
    "limit rate over 10/minute burst 5 packets drop",
    "ip ttl < 5 log prefix \"ttl \" level info",
    "goto other",
};

} // namespace

// Each rule of nft comes back in nft's own words, through linx's reader.
BOOST_FIXTURE_TEST_CASE(rules_of_nft_read_as_written, fresh_ruleset)
{
  if (!usable()) return;
  std::string script =
      "table inet t {\n set s { type ipv4_addr; }\n set pairs { type ipv4_addr . inet_service; }\n"
      " chain other { }\n chain c {\n  type filter hook input priority 0; policy accept;\n";
  for (const char* rule : rules) script.append("  ").append(rule).append("\n");
  script += " }\n}\n";
  const auto loaded = linx::test::run_command("nft -f - <<'END'\n" + script + "END\n");
  BOOST_REQUIRE_MESSAGE(loaded.status == 0, loaded.output);

  const auto pulled = linx::test::run(context, nf::pull(nf()));
  BOOST_REQUIRE_MESSAGE(pulled, why(pulled));
  const auto& all = pulled.value();
  BOOST_TEST(all.generation == linx::test::run(context, nf::generation(nf())).value());
  BOOST_REQUIRE(all.tables.size() == 1u);
  BOOST_TEST(to_string(all.tables[0]) == "table inet t"sv);
  BOOST_TEST(all.tables[0].handle() != 0u);
  BOOST_REQUIRE(all.chains.size() == 2u);
  BOOST_TEST(to_string(all.chains[0]) == "chain inet t other"sv);
  BOOST_TEST(to_string(all.chains[1]) ==
             "chain inet t c { type filter hook input priority 0; policy accept; }"sv);
  BOOST_REQUIRE(all.rules.size() == std::size(rules));
  for (std::size_t i = 0; i < std::size(rules); ++i) {
    BOOST_TEST(to_string(all.rules[i]) == rules[i]);
    BOOST_TEST(all.rules[i].handle() != 0u);
  }
}

// A pulled rule pushed again is the same rule, also where linx has no words for an expression of it.
BOOST_FIXTURE_TEST_CASE(pulled_rules_push_back, fresh_ruleset)
{
  if (!usable()) return;
  const auto loaded = linx::test::run_command(
      "nft -f - <<'END'\n"
      "table ip t {\n chain c {\n  type nat hook postrouting priority 100; policy accept;\n"
      "  tcp dport 80 counter masquerade\n  ip saddr 10.0.0.1 snat to 10.0.0.2 comment \"x\"\n"
      "  fib daddr type local return\n }\n}\nEND\n");
  BOOST_REQUIRE_MESSAGE(loaded.status == 0, loaded.output);
  const auto listed = nft("list ruleset");
  const auto pulled = linx::test::run(context, nf::pull(nf()));
  BOOST_REQUIRE_MESSAGE(pulled, why(pulled));
  nf::batch again;
  again.flush(nf::chain(nf::family::ip, "t", "c"));
  for (auto r : pulled.value().rules) again.add(r.handle(0).position(0));
  BOOST_TEST(why(push(again)) == ""sv);
  BOOST_TEST(nft("list ruleset") == listed);
  const auto repulled = linx::test::run(context, nf::pull(nf()));
  BOOST_REQUIRE_MESSAGE(repulled, why(repulled));
  BOOST_REQUIRE(repulled.value().rules.size() == pulled.value().rules.size());
  for (std::size_t i = 0; i < pulled.value().rules.size(); ++i)
    BOOST_TEST((repulled.value().rules[i].expressions() == pulled.value().rules[i].expressions()));
}

// Rules are deleted by the handle that a listing gave.
BOOST_FIXTURE_TEST_CASE(a_pulled_rule_can_be_deleted, fresh_ruleset)
{
  if (!usable()) return;
  nf::table t(nf::family::ip, "t");
  nf::chain c(t, "c");
  BOOST_TEST(why(push(nf::batch()
                          .add(t)
                          .add(c)
                          .add(nf::rule(c).add(nf::tcp_dport(1), nf::drop()))
                          .add(nf::rule(c).add(nf::tcp_dport(2), nf::drop())))) == ""sv);
  const auto pulled = linx::test::run(context, nf::pull(nf()));
  BOOST_REQUIRE_MESSAGE(pulled, why(pulled));
  BOOST_TEST(why(push(nf::batch().remove(pulled.value().rules.at(0)))) == ""sv);
  BOOST_TEST(nft("list chain ip t c") == "table ip t {\n\tchain c {\n\t\ttcp dport 2 drop\n\t}\n}\n"sv);
  const auto gone = push(nf::batch().remove(pulled.value().rules.at(0)));
  BOOST_REQUIRE(!gone);
  BOOST_TEST(gone.error().errnum() == ENOENT);
}

// Sets of nft with their elements, in nft's words.
BOOST_FIXTURE_TEST_CASE(sets_of_nft_read_as_written, fresh_ruleset)
{
  if (!usable()) return;
  const auto loaded = linx::test::run_command(
      "nft -f - <<'END'\n"
      "table inet t {\n"
      " set a { type ipv4_addr; comment \"hosts\"; elements = { 192.0.2.1 comment \"one\" } }\n"
      " set b { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.168.0.1, "
      "192.168.1.1-192.168.1.3, 255.0.0.0/8 } }\n"
      " set c { type mark; elements = { 0x10 } }\n"
      " set d { type ifname; elements = { \"eth0\" } }\n"
      " set e { type inet_proto; elements = { tcp } }\n"
      " set f { type ether_addr; elements = { 02:00:00:00:00:01 } }\n"
      " set g { type ipv6_addr; timeout 1h; elements = { ::1 timeout 2h } }\n"
      " set h { type inet_service; size 16; flags interval; elements = { 80, 443-445 } }\n"
      "}\nEND\n");
  BOOST_REQUIRE_MESSAGE(loaded.status == 0, loaded.output);
  const auto pulled = linx::test::run(context, nf::pull(nf()));
  BOOST_REQUIRE_MESSAGE(pulled, why(pulled));
  std::string text;
  for (const auto& s : pulled.value().sets) text.append(to_string(s)).append("\n");
  BOOST_TEST(text == "set inet t a { type ipv4_addr; comment \"hosts\"; }\n"
                     "set inet t b { type ipv4_addr; flags interval; }\n"
                     "set inet t c { type mark; }\n"
                     "set inet t d { type ifname; }\n"
                     "set inet t e { type inet_proto; }\n"
                     "set inet t f { type ether_addr; }\n"
                     "set inet t g { type ipv6_addr; flags timeout; timeout 3600000ms; }\n"
                     "set inet t h { type inet_service; flags interval; size 16; }\n"sv);
  std::string elements;
  for (const auto& e : pulled.value().elements) {
    auto line = to_string(e);
    line = line.substr(0, line.find(" expires"));
    elements.append(line).append("\n");
  }
  BOOST_TEST(elements ==
             "element inet t a { 192.0.2.1 comment \"one\" }\n"
             "element inet t b { 10.0.0.0/8, 192.168.0.1, 192.168.1.1-192.168.1.3, 255.0.0.0/8 }\n"
             "element inet t c { 0x00000010 }\n"
             "element inet t d { \"eth0\" }\n"
             "element inet t e { tcp }\n"
             "element inet t f { 02:00:00:00:00:01 }\n"
             "element inet t g { ::1 timeout 7200000ms\n"
             "element inet t h { 80, 443-445 }\n"sv);
}

// A pull of one family leaves the others out; a pull without elements asks for none.
BOOST_FIXTURE_TEST_CASE(a_part_of_the_ruleset, fresh_ruleset)
{
  if (!usable()) return;
  BOOST_TEST(nft("'add table ip a; add table ip6 b; add set ip a s { type mark; elements = { 1 }; }'") ==
             ""sv);
  const auto only = linx::test::run(context, nf::pull(nf(), nf::pull_options().family(nf::family::ip6)));
  BOOST_REQUIRE_MESSAGE(only, why(only));
  BOOST_REQUIRE(only.value().tables.size() == 1u);
  BOOST_TEST(only.value().tables[0].name() == "b"sv);
  const auto bare = linx::test::run(context, nf::pull(nf(), nf::pull_options().without_elements()));
  BOOST_REQUIRE_MESSAGE(bare, why(bare));
  BOOST_TEST(bare.value().sets.size() == 1u);
  BOOST_TEST(bare.value().elements.empty());
}

BOOST_AUTO_TEST_SUITE_END()
