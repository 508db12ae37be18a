// A batch as bytes.

#include "netfilter/encode.hpp"
#include "netfilter/decode.hpp"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(netfilter_encode)

namespace nf = linx::netfilter;
using namespace std::string_view_literals;
namespace detail = linx::netfilter::detail;
namespace netlink = linx::netlink;

namespace {

detail::encoded_batch encoded(const nf::batch& b, std::optional<std::uint32_t> generation = std::nullopt)
{
  auto r = detail::encode(b, generation);
  BOOST_REQUIRE_MESSAGE(r, (r ? std::string() : r.error().message()));
  for (const auto& m : r.value().messages()) BOOST_REQUIRE(m.check());
  return std::move(r).value();
}

netlink::message_view view(const netlink::message_builder& b)
{
  return *netlink::messages(b.bytes()).begin();
}

} // namespace

// BATCH_BEGIN, the commands in their order, BATCH_END; positions lead back to commands.
BOOST_AUTO_TEST_CASE(the_frame_of_a_batch)
{
  const nf::table t(nf::family::inet, "t");
  const auto e = encoded(nf::batch().add(t).add(nf::chain(t, "c")), 0x01020304u);
  BOOST_REQUIRE(e.messages().size() == 4u);
  const auto begin = view(e.messages()[0]);
  BOOST_TEST(begin.type() == NFNL_MSG_BATCH_BEGIN);
  BOOST_TEST(begin.family_header<nfgenmsg>().res_id ==
             netlink::network_order<std::uint16_t>(NFNL_SUBSYS_NFTABLES));
  BOOST_TEST(begin.attributes_after<nfgenmsg>().find(NFNL_BATCH_GENID)->as_be<std::uint32_t>().value() ==
             0x01020304u);
  BOOST_TEST(view(e.messages()[1]).type() == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE));
  BOOST_TEST(view(e.messages()[2]).type() == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN));
  BOOST_TEST(view(e.messages()[3]).type() == NFNL_MSG_BATCH_END);
  BOOST_TEST(e.command_of(0) == detail::encoded_batch::no_command);
  BOOST_TEST(e.command_of(1) == 0u);
  BOOST_TEST(e.command_of(2) == 1u);
  BOOST_TEST(e.command_of(3) == detail::encoded_batch::no_command);
  BOOST_TEST(e.command_of(99) == detail::encoded_batch::no_command);
  // without a generation none is compared
  BOOST_TEST(view(encoded(nf::batch().add(t)).messages()[0]).attributes_after<nfgenmsg>().empty());
}

// What libnftnl encodes, linx's reader reads back to the same expressions: each kind of them.
BOOST_AUTO_TEST_CASE(rules_read_back)
{
  const nf::chain c(nf::family::inet, "t", "c");
  nf::rule r(c);
  r.add(nf::ct_state(nf::state::new_), nf::iifname("eth*"),
        nf::saddr(linx::net::subnet::parse("10.0.0.0/9").value()));
  r.add(!nf::tcp_dport(1, 9), nf::tcp_sport(5), nf::counter(), nf::limit(7, std::chrono::hours(1)),
        nf::mark(3));
  r.add(nf::log("to a group", 9), nf::log("to syslog"), nf::reject_with_tcp_reset(), nf::goto_("elsewhere"));
  nf::expr::lookup mapped("m");
  mapped.maps = true;
  mapped.negated = true;
  r.add(nf::expression(mapped));
  nf::expr::meta set_mark(nf::expr::meta_key::mark);
  set_mark.dreg = 0;
  set_mark.sreg = 1;
  r.add(nf::expression(nf::expr::immediate(1, nf::data::host32(9)))).add(nf::expression(set_mark));
  nf::expr::ct set_ct(nf::expr::ct_key::mark);
  set_ct.dreg = 0;
  set_ct.sreg = 2;
  r.add(nf::expression(set_ct));
  nf::expr::unknown masq;
  masq.name = "masq";
  r.add(nf::expression(masq));
  r.comment("all of them");

  const auto e = encoded(nf::batch().add(r));
  const auto back = detail::decode_rule(view(e.messages()[1]));
  BOOST_TEST((back.family() == nf::family::inet));
  BOOST_TEST(back.table() == "t"sv);
  BOOST_TEST(back.chain() == "c"sv);
  BOOST_TEST(back.comment() == "all of them"sv);
  BOOST_REQUIRE(back.expressions().size() == r.expressions().size());
  for (std::size_t i = 0; i < r.expressions().size(); ++i)
    BOOST_TEST((back.expressions()[i] == r.expressions()[i]),
               "expression " << i << " " << nf::name_of(r.expressions()[i]));
}

// Tables, chains and sets read back with all their properties.
BOOST_AUTO_TEST_CASE(objects_read_back)
{
  nf::table t(nf::family::netdev, "t");
  t.owner().persist().dormant().comment("a table");
  nf::chain c(t, "c");
  c.base(nf::chain_type::filter, nf::hook::ingress, -7)
      .device("lo")
      .device("eth0")
      .policy(nf::policy::drop)
      .comment("a chain");
  nf::set s(t, "s", nf::key_type::ether_addr);
  s.timeout(std::chrono::seconds(5)).size(64).comment("a set");
  nf::elements e(s);
  nf::element one(nf::data::network(0x020000000001, 6));
  one.timeout(std::chrono::milliseconds(1500)).comment("an element");
  e.add(one);

  const auto all = encoded(nf::batch().add(t).add(c).add(s).add(e));
  const auto table = detail::decode_table(view(all.messages()[1]));
  BOOST_TEST(to_string(table) == "table netdev t { flags dormant,owner,persist; comment \"a table\"; }"sv);
  const auto chain = detail::decode_chain(view(all.messages()[2]));
  BOOST_TEST(to_string(chain) ==
             "chain netdev t c { type filter hook ingress devices = { \"lo\", \"eth0\" } priority -7; "
             "policy drop; comment \"a chain\"; }"sv);
  const auto set = detail::decode_set(view(all.messages()[3]));
  BOOST_TEST(
      to_string(set) ==
      "set netdev t s { type ether_addr; flags timeout; timeout 5000ms; size 64; comment \"a set\"; }"sv);
  auto elements = detail::decode_elements(view(all.messages()[4]));
  elements.type(set.type());
  BOOST_TEST(to_string(elements) ==
             "element netdev t s { 02:00:00:00:00:01 timeout 1500ms comment \"an element\" }"sv);
}

// An attribute's length has 16 bits: a long list of elements is several messages of the same command.
BOOST_AUTO_TEST_CASE(long_lists_are_cut)
{
  nf::elements e(nf::family::ip, "t", "s");
  for (std::uint32_t i = 0; i < 20000; ++i) e.add(nf::element(nf::data::network(i, 4)));
  const auto all = encoded(nf::batch().add(e));
  BOOST_TEST(all.messages().size() > 8u);
  std::size_t count = 0;
  for (std::size_t i = 1; i + 1 < all.messages().size(); ++i) {
    BOOST_TEST(all.command_of(i) == 0u);
    BOOST_TEST(all.messages()[i].size() < 65536u);
    count += detail::decode_elements(view(all.messages()[i])).list().size();
  }
  BOOST_TEST(count == 20000u);
}

BOOST_AUTO_TEST_SUITE_END()
