// Tables that belong to a socket.

#include "netfilter/fresh_ruleset.hpp"

#include <cerrno>

BOOST_AUTO_TEST_SUITE(netfilter_owner_kernel)

namespace nf = linx::netfilter;
using namespace std::string_view_literals;
using linx::test::fresh_ruleset;
using linx::test::why;

// Nobody else can touch it, nft neither, and it goes with the connection: a program that dies leaves no
// rules.
BOOST_FIXTURE_TEST_CASE(an_owned_table_is_its_connections, fresh_ruleset)
{
  if (!usable()) return;
  nf::table t(nf::family::inet, "mine");
  t.owner();
  nf::chain c(t, "c");
  c.base(nf::chain_type::filter, nf::hook::input, 0).policy(nf::policy::accept);
  BOOST_TEST(why(push(nf::batch().add(t).add(c))) == ""sv);
  const auto listed = nft("list ruleset");
  BOOST_TEST(listed.find("flags owner") != listed.npos, listed);

  const auto foreign = linx::test::run_command("nft delete table inet mine");
  BOOST_TEST(foreign.status != 0);
  BOOST_TEST(foreign.output.find("Operation not permitted") != std::string::npos, foreign.output);

  auto other = linx::netlink::connection::open(context.get_executor(), NETLINK_NETFILTER);
  BOOST_REQUIRE(other);
  const auto refused = linx::test::run(
      context, nf::push(other.value(), nf::batch().remove(nf::table(nf::family::inet, "mine"))));
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().errnum() == EPERM);
  BOOST_TEST(refused.error().object() == "delete table inet mine"sv);

  const auto pulled = linx::test::run(context, nf::pull(other.value()));
  BOOST_REQUIRE_MESSAGE(pulled, why(pulled));
  BOOST_REQUIRE(pulled.value().tables.size() == 1u);
  BOOST_TEST(pulled.value().tables[0].has(nf::table_flag::owner));
  BOOST_TEST(pulled.value().tables[0].owner_port() != 0u);

  // its owner may still change it
  BOOST_TEST(why(push(nf::batch().add(nf::rule(c).add(nf::accept())))) == ""sv);

  drop_connection();
  BOOST_TEST(nft("list ruleset") == ""sv);
}

// The last copy of the connection is what counts, not the one that pushed.
BOOST_FIXTURE_TEST_CASE(any_copy_of_the_connection_keeps_it, fresh_ruleset)
{
  if (!usable()) return;
  nf::table t(nf::family::ip, "mine");
  t.owner();
  BOOST_TEST(why(push(nf::batch().add(t))) == ""sv);
  std::optional<linx::netlink::connection> copy = nf();
  drop_connection();
  const auto listed = nft("list tables");
  BOOST_TEST(listed == "table ip mine\n"sv);
  copy.reset();
  let_go();
  BOOST_TEST(nft("list tables") == ""sv);
}

// With persist the table outlives its owner and belongs to nobody then.
BOOST_FIXTURE_TEST_CASE(a_persistent_table_stays, fresh_ruleset)
{
  if (!usable()) return;
  nf::table t(nf::family::ip, "stays");
  t.owner().persist();
  const auto r = push(nf::batch().add(t));
  if (!r && r.error().errnum() == EOPNOTSUPP) {
    BOOST_TEST_MESSAGE("skipped: the kernel has no persistent tables (6.9): " << why(r));
    return;
  }
  BOOST_TEST(why(r) == ""sv);
  drop_connection();
  BOOST_TEST(nft("list tables") == "table ip stays\n"sv);
  BOOST_TEST(nft("delete table ip stays") == ""sv);
}

BOOST_AUTO_TEST_SUITE_END()
