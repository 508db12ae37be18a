// What is pushed, by the kernel's own account of it.

#include "harness/kernel.hpp"
#include "netfilter/fresh_ruleset.hpp"

#include <cerrno>

BOOST_AUTO_TEST_SUITE(netfilter_push_kernel)

namespace nf = linx::netfilter;
using namespace std::string_view_literals;
using linx::errc;
using linx::stage;
using linx::net::ip;
using linx::net::subnet;
using linx::test::fresh_ruleset;
using linx::test::why;

// nft lists a rule of linx as a person would have written it: every word, in one table.
BOOST_FIXTURE_TEST_CASE(nft_lists_what_was_pushed, fresh_ruleset)
{
  if (!usable()) return;
  nf::table t(nf::family::inet, "linx");
  nf::chain input(t, "input");
  input.base(nf::chain_type::filter, nf::hook::input, nf::priority::filter).policy(nf::policy::drop);
  nf::chain other(t, "other");
  nf::set blocked(t, "blocked", nf::key_type::ipv4_addr);
  nf::set ports(t, "ports", nf::key_type::inet_service);
  ports.interval().comment("what answers");
  nf::elements in_blocked(blocked);
  in_blocked.add(ip::parse("192.0.2.1").value()).add(ip::parse("192.0.2.7").value());
  nf::elements in_ports(ports);
  in_ports.add(80).add(8000, 8079).add(60000, 65535);

  nf::batch all;
  all.add(t).add(input).add(other).add(blocked).add(ports).add(in_blocked).add(in_ports);
  const auto add = [&](nf::rule r) { all.add(std::move(r)); };
  add(nf::rule(input).add(nf::ct_state(nf::state::established | nf::state::related), nf::accept()));
  add(nf::rule(input).add(nf::ct_state(nf::state::invalid), nf::drop()));
  add(nf::rule(input).add(nf::tcp_dport(22), nf::counter(), nf::accept()).comment("ssh"));
  add(nf::rule(input).add(nf::tcp_dport(1000, 2000), nf::accept()));
  add(nf::rule(input).add(!nf::tcp_dport(1000, 2000), nf::continue_()));
  add(nf::rule(input).add(nf::saddr(subnet::parse("10.0.0.0/23").value()), !nf::udp_sport(53),
                          nf::jump("other")));
  add(nf::rule(input).add(nf::saddr(subnet::parse("0.0.0.0/0").value()), nf::goto_("other")));
  add(nf::rule(input).add(nf::saddr(subnet::parse("fe80::/10").value()), nf::drop()));
  add(nf::rule(input).add(nf::daddr(ip::parse("2001:db8::1").value()), nf::drop()));
  add(nf::rule(input).add(nf::iifname("lo"), nf::accept()));
  add(nf::rule(input).add(nf::oifname("veth*"), nf::accept()));
  add(nf::rule(input).add(nf::iif(1), nf::accept()));
  add(nf::rule(input).add(nf::icmp_type(8), nf::limit(5, std::chrono::seconds(1), 10), nf::log("foo", 3),
                          nf::accept()));
  add(nf::rule(input).add(nf::icmpv6_type(135), nf::log("syslog "), nf::accept()));
  add(nf::rule(input).add(nf::saddr(blocked), nf::drop()));
  add(nf::rule(input).add(!nf::tcp_dport(ports), nf::reject_with_tcp_reset()));
  add(nf::rule(input).add(nf::mark(5), nf::reject()));
  add(nf::rule(other).add(nf::return_()));
  BOOST_TEST(why(push(all)) == ""sv);
  BOOST_TEST(nft("list table inet linx") == R"(table inet linx {
	set blocked {
		type ipv4_addr
		elements = { 192.0.2.1, 192.0.2.7 }
	}

	set ports {
		type inet_service
		flags interval
		comment "what answers"
		elements = { 80, 8000-8079, 60000-65535 }
	}

	chain input {
		type filter hook input priority filter; policy drop;
		ct state established,related accept
		ct state invalid drop
		tcp dport 22 counter packets 0 bytes 0 accept comment "ssh"
		tcp dport 1000-2000 accept
		tcp dport != 1000-2000 continue
		ip saddr 10.0.0.0/23 udp sport != 53 jump other
		ip saddr 0.0.0.0/0 goto other
		ip6 saddr fe80::/10 drop
		ip6 daddr 2001:db8::1 drop
		iifname "lo" accept
		oifname "veth*" accept
		iif "lo" accept
		icmp type echo-request limit rate 5/second burst 10 packets log prefix "foo" group 3 accept
		icmpv6 type nd-neighbor-solicit log prefix "syslog " accept
		ip saddr @blocked drop
		tcp dport != @ports reject with tcp reset
		meta mark 0x00000005 reject
	}

	chain other {
		return
	}
}
)"sv);
}

// The families lower the same word differently; the kernel takes each.
BOOST_FIXTURE_TEST_CASE(other_families, fresh_ruleset)
{
  if (!usable()) return;
  nf::batch all;
  for (const auto f : {nf::family::ip, nf::family::ip6, nf::family::bridge, nf::family::arp}) {
    nf::table t(f, "t");
    all.add(t);
    nf::chain c(t, "c");
    c.base(nf::chain_type::filter, nf::hook::input, -5).policy(nf::policy::accept);
    all.add(c);
    nf::rule r(c);
    if (f == nf::family::ip || f == nf::family::bridge) r.add(nf::saddr(ip::parse("10.0.0.1").value()));
    if (f == nf::family::ip6) r.add(nf::saddr(ip::parse("::1").value()));
    if (f == nf::family::ip || f == nf::family::ip6) r.add(nf::reject());
    r.add(nf::counter());
    all.add(r);
  }
  nf::table dev(nf::family::netdev, "t");
  nf::chain ingress(dev, "c");
  ingress.base(nf::chain_type::filter, nf::hook::ingress, 0).device("lo").policy(nf::policy::accept);
  all.add(dev).add(ingress).add(nf::rule(ingress).add(nf::tcp_dport(7), nf::drop()));
  BOOST_TEST(why(push(all)) == ""sv);
  const auto listed = nft("list ruleset");
  BOOST_TEST(listed.find("\t\tip saddr 10.0.0.1 reject counter") != listed.npos, listed);
  BOOST_TEST(listed.find("\t\tip6 saddr ::1 reject counter") != listed.npos, listed);
  BOOST_TEST(listed.find("\t\tip saddr 10.0.0.1 counter") != listed.npos, listed);
  BOOST_TEST(listed.find("hook ingress device \"lo\" priority filter") != listed.npos, listed);
  BOOST_TEST(listed.find("\t\ttcp dport 7 drop") != listed.npos, listed);
}

// A batch is all or nothing, and the error says which command the kernel refused.
BOOST_FIXTURE_TEST_CASE(a_bad_rule_leaves_nothing, fresh_ruleset)
{
  if (!usable()) return;
  nf::table t(nf::family::inet, "linx");
  nf::chain c(t, "c");
  nf::batch all;
  all.add(t).add(c).add(nf::rule(c).add(nf::tcp_dport(22), nf::accept()));
  all.add(nf::rule(c).add(nf::tcp_dport(23), nf::jump("nowhere")));
  all.add(nf::rule(c).add(nf::accept()));
  const auto before = linx::test::run(context, nf::generation(nf())).value();
  const auto r = push(all);
  BOOST_REQUIRE(!r);
  BOOST_TEST(r.error().errnum() == ENOENT);
  BOOST_TEST((r.error().where() == stage::commit));
  BOOST_TEST(r.error().object() == "add rule inet linx c tcp dport 23 jump nowhere"sv);
  BOOST_TEST(why(r).find("no such file or directory") != std::string::npos, why(r));
  BOOST_TEST(nft("list ruleset") == ""sv);
  BOOST_TEST(linx::test::run(context, nf::generation(nf())).value() == before);
}

// The kernel names the attribute that it did not find; the error carries the name.
BOOST_FIXTURE_TEST_CASE(the_rejected_attribute_is_named, fresh_ruleset)
{
  if (!usable()) return;
  nf::batch all;
  all.add(nf::rule(nf::family::ip, "none", "c").add(nf::accept()));
  const auto r = push(all);
  BOOST_REQUIRE(!r);
  BOOST_TEST(r.error().errnum() == ENOENT);
  BOOST_TEST(r.error().attribute() == "NFTA_RULE_TABLE"sv);
  BOOST_TEST(r.error().object() == "add rule ip none c accept"sv);
}

// What cannot be encoded is refused before anything is sent, with the command in the message.
BOOST_FIXTURE_TEST_CASE(bad_values_are_arguments, fresh_ruleset)
{
  if (!usable()) return;
  const nf::table t(nf::family::ip, "t");
  const auto refused = [&](nf::batch b) {
    const auto r = push(std::move(b));
    BOOST_REQUIRE(!r);
    BOOST_TEST((r.error().where() == stage::argument), why(r));
    return why(r);
  };
  const auto says = [](const std::string& message, const char* text) {
    BOOST_TEST(message.find(text) != message.npos, message);
  };
  says(refused(nf::batch().add(nf::table(nf::family::ip, ""))), "has no name");
  says(refused(nf::batch().add(nf::table(nf::family::ip, std::string(256, 'x')))), "255");
  says(refused(nf::batch().add(nf::table(nf::family::ip, std::string("a\0b", 3)))), "NUL");
  says(refused(nf::batch().add(nf::chain(t, "c").base(nf::chain_type::filter, nf::hook::egress, 0))),
       "no such hook");
  says(refused(nf::batch().add(nf::chain(t, "c").policy(nf::policy::drop))), "base chain");
  says(refused(nf::batch().add(nf::rule(nf::chain(t, "c")).comment(std::string(128, 'x')))), "127");
  says(refused(nf::batch().add(nf::rule(nf::chain(t, "c")).add(nf::saddr(ip::parse("::1").value())))),
       "family ip");
  says(refused(nf::batch().remove(nf::rule(nf::chain(t, "c")))), "handle");
  says(refused(nf::batch().remove(nf::elements(t.family(), "t", "s"))), "no elements");
  says(refused(nf::batch().add(nf::rule(nf::chain(t, "c")).add(nf::jump("")))), "jump");
  BOOST_TEST(nft("list ruleset") == ""sv);
}

// Compare-and-swap: a batch for an older ruleset does nothing.
BOOST_FIXTURE_TEST_CASE(another_generation_is_a_conflict, fresh_ruleset)
{
  if (!usable()) return;
  const auto first = linx::test::run(context, nf::generation(nf()));
  BOOST_REQUIRE(first);
  BOOST_TEST(nft("add table ip foreign") == ""sv);
  const auto late = push(nf::batch().add(nf::table(nf::family::ip, "mine")),
                         nf::push_options().expect_generation(first.value()));
  BOOST_REQUIRE(!late);
  BOOST_TEST((late.error() == errc::conflict));
  BOOST_TEST((late.error().where() == stage::commit));
  BOOST_TEST(nft("list tables") == "table ip foreign\n"sv);

  const auto now = linx::test::run(context, nf::generation(nf())).value();
  BOOST_TEST(why(push(nf::batch().add(nf::table(nf::family::ip, "mine")),
                      nf::push_options().expect_generation(now))) == ""sv);
  BOOST_TEST(nft("list tables") == "table ip foreign\ntable ip mine\n"sv);
}

// The verbs of nft: create fails on what is there, destroy does not on what is not, flush and delete take
// away.
BOOST_FIXTURE_TEST_CASE(verbs, fresh_ruleset)
{
  if (!usable()) return;
  nf::table t(nf::family::ip, "t");
  nf::chain c(t, "c");
  nf::set s(t, "s", nf::key_type::mark);
  nf::elements two(s);
  two.add(nf::element(nf::data::host32(1))).add(nf::element(nf::data::host32(2)));
  BOOST_TEST(why(push(nf::batch().create(t).create(c).create(s).create(two).add(
                 nf::rule(c).add(nf::drop())))) == ""sv);
  BOOST_TEST(why(push(nf::batch().add(t).add(c).insert(nf::rule(c).add(nf::accept())))) == ""sv);
  BOOST_TEST(nft("list chain ip t c") == "table ip t {\n\tchain c {\n\t\taccept\n\t\tdrop\n\t}\n}\n"sv);
  const auto again = push(nf::batch().create(t));
  BOOST_REQUIRE(!again);
  BOOST_TEST(again.error().errnum() == EEXIST);

  nf::elements one(s);
  one.add(nf::element(nf::data::host32(2)));
  BOOST_TEST(why(push(nf::batch().remove(one))) == ""sv);
  BOOST_TEST(nft("list set ip t s") ==
             "table ip t {\n\tset s {\n\t\ttype mark\n\t\telements = { 0x00000001 }\n\t}\n}\n"sv);
  BOOST_TEST(why(push(nf::batch().flush(s).flush(c))) == ""sv);
  BOOST_TEST(nft("list table ip t") ==
             "table ip t {\n\tset s {\n\t\ttype mark\n\t}\n\n\tchain c {\n\t}\n}\n"sv);
  BOOST_TEST(why(push(nf::batch().remove(c).remove(s))) == ""sv);
  BOOST_TEST(nft("list table ip t") == "table ip t {\n}\n"sv);
  BOOST_TEST(why(push(nf::batch().flush_ruleset())) == ""sv);
  BOOST_TEST(nft("list ruleset") == ""sv);
  BOOST_TEST(why(push(nf::batch())) == ""sv);
}

// Removing what may not be there is a message of its own; a kernel that has none says so and changes nothing.
BOOST_FIXTURE_TEST_CASE(destroy, fresh_ruleset)
{
  if (!usable()) return;
  nf::table t(nf::family::ip, "t");
  nf::chain c(t, "c");
  BOOST_TEST(why(push(nf::batch().create(t).create(c))) == ""sv);
  const auto r = push(nf::batch().destroy(nf::table(nf::family::ip6, "none")).destroy(c).destroy(c));
  if (linx::test::kernel_is_at_least(6, 3)) {
    BOOST_TEST(why(r) == ""sv);
    BOOST_TEST(nft("list table ip t") == "table ip t {\n}\n"sv);
  } else {
    BOOST_REQUIRE(!r);
    BOOST_TEST(r.error().errnum() == EINVAL, why(r));
    BOOST_TEST(nft("list table ip t") == "table ip t {\n\tchain c {\n\t}\n}\n"sv);
  }
}

// Neighbouring and unsorted intervals, each end of which is an element of its own.
BOOST_FIXTURE_TEST_CASE(intervals_in_any_order, fresh_ruleset)
{
  if (!usable()) return;
  nf::table t(nf::family::ip, "t");
  nf::set s(t, "s", nf::key_type::ipv4_addr);
  s.interval();
  nf::elements e(s);
  e.add(subnet::parse("11.0.0.0/8").value()).add(subnet::parse("255.0.0.0/8").value());
  e.add(subnet::parse("10.0.0.0/8").value()).add(ip::parse("0.0.0.0").value());
  BOOST_TEST(why(push(nf::batch().add(t).add(s).add(e))) == ""sv);
  const auto listed = nft("list set ip t s");
  BOOST_TEST(listed.find("0.0.0.0, 10.0.0.0/8,") != listed.npos, listed);
  BOOST_TEST(listed.find("255.0.0.0/8") != listed.npos, listed);
  BOOST_TEST(why(push(nf::batch().remove(e))) == ""sv);
  BOOST_TEST(nft("list set ip t s") ==
             "table ip t {\n\tset s {\n\t\ttype ipv4_addr\n\t\tflags interval\n\t}\n}\n"sv);
}

// 5,000 rules are 2 MiB in one sendmsg: more than a default send buffer, and far more answers than a default
// receive buffer would hold if each rule were acknowledged.
BOOST_FIXTURE_TEST_CASE(a_large_batch_is_one_commit, fresh_ruleset)
{
  if (!usable()) return;
  nf::table t(nf::family::inet, "big");
  nf::chain c(t, "c");
  nf::batch all;
  all.add(t).add(c);
  const auto from = ip::parse("10.1.2.3").value();
  for (std::uint16_t port = 1; port <= 5000; ++port)
    all.add(nf::rule(c).add(nf::saddr(from), nf::tcp_dport(port), nf::counter(), nf::accept()));
  const auto before = linx::test::run(context, nf::generation(nf())).value();
  const auto r = push(all);
  if (!r && r.error().errnum() == EMSGSIZE) {
    BOOST_TEST_MESSAGE("skipped: the send buffer cannot be raised here: " << why(r));
    return;
  }
  BOOST_TEST(why(r) == ""sv);
  BOOST_TEST(linx::test::run(context, nf::generation(nf())).value() == before + 1);
  const auto pulled = linx::test::run(context, nf::pull(nf()));
  BOOST_REQUIRE(pulled);
  BOOST_TEST(pulled.value().rules.size() == 5000u);
}

// A list of elements is limited to 64 KiB by its attribute's length; more are several messages of one commit.
BOOST_FIXTURE_TEST_CASE(many_elements, fresh_ruleset)
{
  if (!usable()) return;
  nf::table t(nf::family::ip, "t");
  nf::set s(t, "s", nf::key_type::ipv4_addr);
  s.size(10000);
  nf::elements many(s);
  for (std::uint32_t i = 0; i < 10000; ++i) many.add(nf::element(nf::data::network(0x0a000000u + i, 4)));
  const auto r = push(nf::batch().add(t).add(s).add(many));
  if (!r && r.error().errnum() == EMSGSIZE) {
    BOOST_TEST_MESSAGE("skipped: the send buffer cannot be raised here: " << why(r));
    return;
  }
  BOOST_TEST(why(r) == ""sv);
  const auto pulled = linx::test::run(context, nf::pull(nf()));
  BOOST_REQUIRE(pulled);
  BOOST_REQUIRE(pulled.value().elements.size() == 1u);
  BOOST_TEST(pulled.value().elements[0].list().size() == 10000u);
}

BOOST_AUTO_TEST_SUITE_END()
