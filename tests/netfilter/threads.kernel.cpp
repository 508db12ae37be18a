// One connection to nf_tables and its monitors, used from four threads.
#include "harness/threads.hpp"
#include "netfilter/fresh_ruleset.hpp"

#include <linx/core/spawn.hpp>
#include <linx/netfilter/monitor.hpp>

#include <boost/asio/post.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

BOOST_AUTO_TEST_SUITE(netfilter_threads_kernel)

namespace asio = boost::asio;
namespace netlink = linx::netlink;
namespace nf = linx::netfilter;
using linx::errc;
using linx::success;
using linx::task;
using linx::test::fresh_ruleset;
using linx::test::threads;
using linx::test::value_of;

namespace {

using commits = linx::stream<nf::commit>;

// Two a round, in a table of the root's own.
task<> commit(netlink::connection c, int root, int rounds)
{
  const nf::table mine(nf::family::inet, "t" + std::to_string(root));
  for (int round = 0; round < rounds; ++round) {
    const nf::chain chain(mine, "c" + std::to_string(round));
    nf::batch added;
    added.add(mine).add(chain).add(nf::rule(chain).add(nf::tcp_dport(22), nf::accept()));
    LINX_TRYV(co_await nf::push(c, std::move(added)));
    nf::batch refused;
    refused.create(mine);
    const auto twice = co_await nf::push(c, std::move(refused));
    if (twice) co_return errc::conflict;
    if (twice.error().errnum() != EEXIST) co_return twice.error();
    nf::batch flushed;
    flushed.flush(chain);
    LINX_TRYV(co_await nf::push(c, std::move(flushed)));
  }
  co_return success();
}

// What is read is one generation: the rounds of a root come one after the other.
task<> read(netlink::connection c, int rounds)
{
  while (rounds-- > 0) {
    LINX_TRY(const auto all, co_await nf::pull(c, nf::pull_options().retries(100'000)));
    for (const auto& t : all.tables) {
      bool has_chain = false;
      for (const auto& each : all.chains) has_chain = has_chain || each.table() == t.name();
      if (!has_chain) co_return errc::conflict;
    }
  }
  co_return success();
}

// Until the generation that is told is the last one; none is missing.
task<> listen(std::shared_ptr<commits> told, std::uint32_t first, std::uint32_t last)
{
  for (auto expected = first; expected != last;) {
    LINX_TRY(const auto next, co_await told->next());
    if (!next) co_return errc::closed;
    if (next->what() != nf::commit::kind::change || next->generation() != ++expected)
      co_return errc::conflict;
  }
  co_return success();
}

class shared_ruleset : public fresh_ruleset {
public:
  std::uint32_t generation() { return value_of(linx::test::run(context, nf::generation(nf()))); }
};

// Opens it at home or elsewhere, and leaves it to whoever asked.
task<> open_monitor(linx::executor home, std::shared_ptr<commits> into)
{
  LINX_TRY(auto opened, co_await nf::monitor::open(home));
  *into = std::move(opened);
  co_return success();
}

task<> own_a_table(netlink::connection c, int number)
{
  nf::batch added;
  added.add(nf::table(nf::family::inet, "own" + std::to_string(number)).owner());
  LINX_TRYV(co_await nf::push(c, std::move(added)));
  co_return success();
}

} // namespace

BOOST_FIXTURE_TEST_CASE(one_connection_and_two_monitors_are_used_from_four_threads, shared_ruleset)
{
  if (!usable()) return;
  constexpr int rounds = 25;
  int root = 0;
  for (const auto kind : {threads::kind::context, threads::kind::pool}) {
    threads pool(kind);
    const auto first = generation();
    const auto c = value_of(netlink::connection::open(pool.bare(), NETLINK_NETFILTER));
    const auto near = std::make_shared<commits>(), far = std::make_shared<commits>();
    const auto home = pool.strand();
    pool.start(home, open_monitor(home, near));
    pool.start(open_monitor(pool.bare(), far));
    pool.check();
    for (int n = 0; n < 4; ++n) pool.start(commit(c, root++, rounds));
    for (int n = 0; n < 2; ++n) pool.start(pool.strand(), read(c, 10));
    const auto last = first + 4 * 2 * rounds;
    pool.start(home, listen(near, first, last));
    pool.start(listen(far, first, last));
    pool.check();
    BOOST_TEST(generation() == last);
  }
  const auto all = value_of(linx::test::run(context, nf::pull(nf())));
  BOOST_TEST(all.tables.size() == 8u);
  BOOST_TEST(all.chains.size() == 8u * rounds);
  BOOST_TEST(all.rules.empty());
}

// Dropped here or on a strand of somebody else's; tables that a connection owns go with it.
BOOST_FIXTURE_TEST_CASE(what_is_dropped_on_any_thread_is_closed, shared_ruleset)
{
  if (!usable()) return;
  threads pool;
  const auto first = value_of(netlink::connection::open(pool.bare(), NETLINK_NETFILTER));
  const auto before = linx::test::open_descriptors();
  for (int round = 0; round < 30; ++round) {
    auto c = value_of(netlink::connection::open(pool.bare(), NETLINK_NETFILTER));
    auto told = std::make_shared<commits>();
    pool.start(open_monitor(round % 2 == 0 ? pool.strand() : pool.bare(), told));
    pool.start(own_a_table(c, round));
    pool.check();
    if (round % 2 == 0) asio::post(pool.strand(), [mine = std::move(c), also = std::move(told)] {});
  }
  BOOST_TEST(linx::test::settled_descriptors(before) == before);
  BOOST_TEST(value_of(linx::test::run(context, nf::pull(nf()))).tables.empty());
}

namespace {

task<> commit_until_closed(netlink::connection c, int root)
{
  for (;;) {
    auto committing = commit(c, root, 1);
    const auto done = co_await std::move(committing);
    if (!done && done.error() == errc::closed) co_return success();
    if (!done) co_return done.error();
  }
}

task<> read_until_closed(netlink::connection c)
{
  for (;;) {
    auto reading = read(c, 1);
    const auto done = co_await std::move(reading);
    if (!done && done.error() == errc::closed) co_return success();
    if (!done) co_return done.error();
  }
}

task<> listen_until_closed(task<commits> opening)
{
  auto opened = co_await std::move(opening);
  while (opened) {
    const auto next = co_await opened.value().next();
    if (!next) opened = next.error();
  }
  if (!(opened.error() == errc::closed)) co_return opened.error();
  co_return success();
}

} // namespace

// The context of the objects is destroyed while four threads of another one use them: no call is lost.
BOOST_FIXTURE_TEST_CASE(a_context_dies_under_those_who_use_its_objects, shared_ruleset)
{
  if (!usable()) return;
  threads users;
  for (int round = 0; round < 15; ++round) {
    const auto before = linx::test::open_descriptors();
    threads owner(round % 2 == 0 ? threads::kind::context : threads::kind::pool, 2);
    {
      const auto c = value_of(netlink::connection::open(owner.bare(), NETLINK_NETFILTER));
      for (int n = 0; n < 2; ++n) users.start(commit_until_closed(c, n));
      users.start(read_until_closed(c));
      users.start(listen_until_closed(nf::monitor::open(owner.strand())));
      // roots of the context itself vanish with it
      linx::spawn(owner.bare(), commit_until_closed(c, 2), [](const linx::result<>&) {});
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(round % 5));
    owner.kill();
    users.check();
    BOOST_TEST(linx::test::open_descriptors() <= before);
  }
}

BOOST_AUTO_TEST_SUITE_END()
