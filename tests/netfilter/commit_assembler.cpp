// From events to commits: generations, gaps, limits.

#include "netfilter/commit_assembler.hpp"
#include "netfilter/recorded_commit.hpp"

#include <linx/netlink/message_builder.hpp>

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(netfilter_commit_assembler)

namespace nf = linx::netfilter;
using namespace std::string_view_literals;
namespace netlink = linx::netlink;
using nf::detail::commit_assembler;
using outcome = commit_assembler::outcome;

namespace {

nfgenmsg header()
{
  nfgenmsg h{};
  h.nfgen_family = static_cast<std::uint8_t>(nf::family::inet);
  return h;
}

outcome feed(commit_assembler& to, const netlink::message_builder& b)
{
  const netlink::messages one(b.bytes());
  return to.add(*one.begin());
}

netlink::message_builder event_of(std::uint8_t type)
{
  return netlink::message_builder(static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | type), 0, header());
}

outcome table(commit_assembler& to, std::string_view name)
{
  auto b = event_of(NFT_MSG_NEWTABLE);
  b.put_string(NFTA_TABLE_NAME, name);
  return feed(to, b);
}

outcome end(commit_assembler& to, std::uint32_t generation)
{
  auto b = event_of(NFT_MSG_NEWGEN);
  b.put_be32(NFTA_GEN_ID, generation);
  b.put_be32(NFTA_GEN_PROC_PID, 42);
  b.put_string(NFTA_GEN_PROC_NAME, "nft");
  return feed(to, b);
}

outcome element(commit_assembler& to, std::uint8_t type, std::string_view set, std::uint32_t key)
{
  auto b = event_of(type);
  b.put_string(NFTA_SET_ELEM_LIST_TABLE, "t");
  b.put_string(NFTA_SET_ELEM_LIST_SET, set);
  {
    const auto list = b.nested(NFTA_SET_ELEM_LIST_ELEMENTS);
    const auto one = b.nested(NFTA_LIST_ELEM);
    const auto data = b.nested(NFTA_SET_ELEM_KEY);
    b.put_be32(NFTA_DATA_VALUE, key);
  }
  return feed(to, b);
}

} // namespace

// A recorded transaction of nft: one commit with everything in it.
BOOST_AUTO_TEST_CASE(a_recorded_commit)
{
  const auto bytes = linx::test::recorded_commit();
  commit_assembler a(1 << 20);
  std::uint32_t generation = 0;
  for (const netlink::message_view m : netlink::messages(bytes))
    if (const auto g = nf::detail::decode_generation(m)) generation = g->generation;
  a.restart(generation - 1);
  std::size_t commits = 0;
  for (const netlink::message_view m : netlink::messages(bytes)) {
    const auto what = a.add(m);
    BOOST_TEST((what != outcome::lost));
    if (what != outcome::commit) continue;
    ++commits;
    const auto c = a.take();
    BOOST_TEST(c.generation() == generation);
    BOOST_TEST(c.program() == "nft"sv);
    BOOST_TEST(c.pid() != 0u);
    BOOST_TEST(c.events().size() == 16u);
  }
  BOOST_TEST(commits == 1u);
}

// Events up to a known generation are not told: a snapshot has them. A missing generation is a loss.
BOOST_AUTO_TEST_CASE(generations)
{
  commit_assembler a(1 << 20);
  a.restart(10);
  BOOST_TEST((table(a, "old") == outcome::nothing));
  BOOST_TEST((end(a, 9) == outcome::nothing));
  BOOST_TEST((table(a, "known") == outcome::nothing));
  BOOST_TEST((end(a, 10) == outcome::nothing));
  BOOST_TEST((table(a, "new") == outcome::nothing));
  BOOST_TEST((end(a, 11) == outcome::commit));
  const auto c = a.take();
  BOOST_REQUIRE(c.events().size() == 1u);
  BOOST_TEST(to_string(c.events()[0]) == "add table inet new"sv);
  BOOST_TEST((end(a, 13) == outcome::lost));
  a.restart(13);
  BOOST_TEST((end(a, 14) == outcome::commit));
  BOOST_TEST(a.take().events().empty());
}

// The number wraps, and the kernel leaves out 0.
BOOST_AUTO_TEST_CASE(generations_wrap)
{
  commit_assembler a(1 << 20);
  a.restart(0xfffffffe);
  BOOST_TEST((end(a, 0xffffffff) == outcome::commit));
  BOOST_TEST((end(a, 1) == outcome::commit));
  BOOST_TEST((end(a, 0xffffffff) == outcome::nothing));
  BOOST_TEST((end(a, 2) == outcome::commit));
}

// After a loss, what had been collected belongs to nothing.
BOOST_AUTO_TEST_CASE(restart_forgets)
{
  commit_assembler a(1 << 20);
  a.restart(1);
  table(a, "half");
  a.restart(5);
  BOOST_TEST((end(a, 6) == outcome::commit));
  BOOST_TEST(a.take().events().empty());
}

// Memory is bounded by the limit, whatever the transaction is.
BOOST_AUTO_TEST_CASE(a_transaction_beyond_the_limit_is_lost)
{
  commit_assembler a(100);
  a.restart(1);
  outcome what = outcome::nothing;
  for (int i = 0; i < 100 && what == outcome::nothing; ++i) what = table(a, "some name");
  BOOST_TEST((what == outcome::lost));
  a.restart(2);
  BOOST_TEST((table(a, "t") == outcome::nothing));
  BOOST_TEST((end(a, 3) == outcome::commit));
}

// The elements that a set gained in a row are one event, in the words of the set's type; another set's are
// another.
BOOST_AUTO_TEST_CASE(elements_in_a_row)
{
  commit_assembler a(1 << 20);
  a.restart(1);
  std::vector<nf::set> known;
  known.emplace_back(nf::table(nf::family::inet, "t"), "s", nf::key_type::ipv4_addr);
  a.learn(known);
  element(a, NFT_MSG_NEWSETELEM, "s", 0x0a000001);
  element(a, NFT_MSG_NEWSETELEM, "s", 0x0a000002);
  element(a, NFT_MSG_NEWSETELEM, "other", 7);
  element(a, NFT_MSG_DELSETELEM, "other", 7);
  BOOST_TEST((end(a, 2) == outcome::commit));
  const auto c = a.take();
  BOOST_REQUIRE(c.events().size() == 3u);
  BOOST_TEST(to_string(c.events()[0]) == "add element inet t s { 10.0.0.1, 10.0.0.2 }"sv);
  BOOST_TEST(to_string(c.events()[1]) == "add element inet t other { 0x00000007 }"sv);
  BOOST_TEST(to_string(c.events()[2]) == "delete element inet t other { 0x00000007 }"sv);
}

BOOST_AUTO_TEST_SUITE_END()
