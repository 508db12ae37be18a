// What the words of a rule become, and that they read back as nft(8) writes them.

#include <linx/netfilter/rule.hpp>
#include <linx/netfilter/set.hpp>

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(netfilter_statement)

namespace nf = linx::netfilter;
using namespace std::string_view_literals;
namespace expr = linx::netfilter::expr;
using linx::net::ip;
using linx::net::subnet;

namespace {

nf::rule in(nf::family f)
{
  return nf::rule(f, "t", "c");
}

std::string text(const nf::statement& word, nf::family f = nf::family::inet)
{
  return to_string(in(f).add(word));
}

} // namespace

// A person reads rules in nft's language; each word has to come back as it was meant.
BOOST_AUTO_TEST_CASE(words_read_back)
{
  BOOST_TEST(text(nf::tcp_dport(22)) == "tcp dport 22"sv);
  BOOST_TEST(text(nf::tcp_dport(1000, 2000)) == "tcp dport 1000-2000"sv);
  BOOST_TEST(text(nf::udp_sport(53)) == "udp sport 53"sv);
  BOOST_TEST(text(!nf::udp_sport(53)) == "udp sport != 53"sv);
  BOOST_TEST(text(!nf::tcp_dport(1000, 2000)) == "tcp dport != 1000-2000"sv);
  BOOST_TEST(text(nf::ct_state(nf::state::established | nf::state::related)) ==
             "ct state established,related"sv);
  BOOST_TEST(text(nf::ct_state(nf::state::invalid)) == "ct state invalid"sv);
  BOOST_TEST(text(nf::iifname("lo")) == "iifname \"lo\""sv);
  BOOST_TEST(text(nf::oifname("veth*")) == "oifname \"veth*\""sv);
  BOOST_TEST(text(nf::iif(1)) == "iif 1"sv);
  BOOST_TEST(text(nf::l4proto(17)) == "meta l4proto udp"sv);
  BOOST_TEST(text(nf::mark(5)) == "meta mark 0x00000005"sv);
  BOOST_TEST(text(nf::saddr(ip::parse("10.0.0.1").value())) == "ip saddr 10.0.0.1"sv);
  BOOST_TEST(text(nf::daddr(subnet::parse("10.0.0.0/24").value())) == "ip daddr 10.0.0.0/24"sv);
  BOOST_TEST(text(nf::saddr(subnet::parse("10.0.0.0/23").value())) == "ip saddr 10.0.0.0/23"sv);
  BOOST_TEST(text(!nf::saddr(subnet::parse("10.0.0.0/8").value())) == "ip saddr != 10.0.0.0/8"sv);
  BOOST_TEST(text(nf::saddr(subnet::parse("fe80::/10").value())) == "ip6 saddr fe80::/10"sv);
  BOOST_TEST(text(nf::daddr(ip::parse("2001:db8::1").value())) == "ip6 daddr 2001:db8::1"sv);
  BOOST_TEST(text(nf::icmp_type(8)) == "icmp type echo-request"sv);
  BOOST_TEST(text(nf::icmpv6_type(135)) == "icmpv6 type nd-neighbor-solicit"sv);
  BOOST_TEST(text(nf::counter()) == "counter packets 0 bytes 0"sv);
  BOOST_TEST(text(nf::limit(5, std::chrono::seconds(1), 10)) == "limit rate 5/second burst 10 packets"sv);
  BOOST_TEST(text(nf::log("foo", 3)) == "log prefix \"foo\" group 3"sv);
  BOOST_TEST(text(nf::log("foo ")) == "log prefix \"foo \""sv);
  BOOST_TEST(text(nf::reject()) == "reject"sv);
  BOOST_TEST(text(nf::reject(), nf::family::ip) == "reject"sv);
  BOOST_TEST(text(nf::reject_with_tcp_reset()) == "meta l4proto tcp reject with tcp reset"sv);
  BOOST_TEST(text(nf::accept()) == "accept"sv);
  BOOST_TEST(text(nf::jump("other")) == "jump other"sv);
  BOOST_TEST(text(nf::goto_("other")) == "goto other"sv);
  BOOST_TEST(text(nf::return_()) == "return"sv);
  BOOST_TEST(text(nf::continue_()) == "continue"sv);
}

// nft writes `meta nfproto` and `meta l4proto` once, and only where the family leaves them open; a rule of
// linx must compare equal to the same rule of nft.
BOOST_AUTO_TEST_CASE(dependencies_are_written_once)
{
  auto r = in(nf::family::inet);
  r.add(nf::saddr(subnet::parse("10.0.0.0/24").value()), nf::tcp_dport(22),
        nf::daddr(ip::parse("10.1.1.1").value()), nf::accept());
  BOOST_TEST(to_string(r) == "ip saddr 10.0.0.0/24 tcp dport 22 ip daddr 10.1.1.1 accept"sv);
  BOOST_REQUIRE(r.expressions().size() == 11u);
  BOOST_TEST((r.expressions()[0] == nf::expression(expr::meta(expr::meta_key::nfproto))));
  BOOST_TEST((r.expressions()[2] == nf::expression(expr::payload(expr::base::network, 12, 3))));

  auto v4 = in(nf::family::ip);
  v4.add(nf::saddr(ip::parse("10.0.0.1").value()));
  BOOST_TEST(v4.expressions().size() == 2u);

  auto bridge = in(nf::family::bridge);
  bridge.add(nf::saddr(ip::parse("10.0.0.1").value()));
  BOOST_TEST((bridge.expressions()[0] == nf::expression(expr::meta(expr::meta_key::protocol))));
  BOOST_TEST(to_string(bridge) == "ip saddr 10.0.0.1"sv);
}

// What cannot be is kept as a fault, so that a fluent chain has no error to return and nothing is sent.
BOOST_AUTO_TEST_CASE(what_cannot_be_is_a_fault)
{
  BOOST_TEST(in(nf::family::ip).add(nf::saddr(ip::parse("::1").value())).fault() ==
             "an ip6 match in a table of family ip"sv);
  BOOST_TEST(!in(nf::family::arp).add(nf::saddr(ip::parse("10.0.0.1").value())).fault().empty());
  BOOST_TEST(!in(nf::family::inet).add(nf::tcp_dport(1), nf::udp_dport(1)).fault().empty());
  BOOST_TEST(!in(nf::family::inet).add(nf::tcp_dport(2, 1)).fault().empty());
  BOOST_TEST(!in(nf::family::inet).add(nf::iifname("a-name-of-16-chr")).fault().empty());
  BOOST_TEST(!in(nf::family::inet).add(nf::iifname("")).fault().empty());
  BOOST_TEST(!in(nf::family::inet).add(nf::limit(5, std::chrono::seconds(7))).fault().empty());
  BOOST_TEST(!in(nf::family::inet).add(!nf::accept()).fault().empty());
  const nf::set ports(nf::table(nf::family::inet, "t"), "ports", nf::key_type::inet_service);
  BOOST_TEST(!in(nf::family::inet).add(nf::saddr(ports)).fault().empty());
  BOOST_TEST(in(nf::family::inet).add(nf::tcp_dport(ports)).fault().empty());
  BOOST_TEST(text(nf::tcp_dport(ports)) == "tcp dport @ports"sv);
  BOOST_TEST(text(!nf::tcp_dport(ports)) == "tcp dport != @ports"sv);
}

// Whatever somebody wrote into a comment, a prefix or a name must not steer the terminal of who watches.
BOOST_AUTO_TEST_CASE(text_is_printed_harmlessly)
{
  BOOST_TEST(text(nf::log("a\x1b[2J\"b")) == "log prefix \"a\\x1b[2J\\x22b\""sv);
  BOOST_TEST(text(nf::jump("a b\n")) == "jump \"a b\\x0a\""sv);
  BOOST_TEST(to_string(nf::table(nf::family::ip, "\xc2\x9b")) == "table ip \"\xc2\\x9b\""sv);
}

// Expressions without a word stand in the rule with all their bytes.
BOOST_AUTO_TEST_CASE(unknown_expressions_are_shown)
{
  auto r = in(nf::family::inet);
  expr::unknown masq;
  masq.name = "masq";
  masq.attributes = {std::byte{0xab}, std::byte{1}};
  r.add(nf::tcp_dport(22)).add(nf::expression(masq));
  BOOST_TEST(to_string(r) == "tcp dport 22 [masq 0xab01]"sv);

  nf::rule raw(nf::family::inet, "t", "c");
  raw.add(nf::expression(expr::payload(expr::base::transport, 4, 4)));
  raw.add(nf::expression(expr::cmp(expr::compare::gt, nf::data::network(7, 4))));
  BOOST_TEST(to_string(raw) == "@th,32,32 > 0x00000007"sv);
}

// Registers that do not exist, and comparisons of what was never loaded, come from no healthy kernel; they
// print.
BOOST_AUTO_TEST_CASE(nonsense_prints)
{
  nf::rule r(nf::family::inet, "t", "c");
  expr::cmp c(expr::compare::lte, nf::data());
  c.sreg = 4000000000u;
  r.add(nf::expression(c));
  expr::lookup l("s");
  l.sreg = 77;
  r.add(nf::expression(l));
  BOOST_TEST(!to_string(r).empty());
}

BOOST_AUTO_TEST_SUITE_END()
