// One generic netlink connection, and what it remembers of families, used from four threads.
#include "harness/threads.hpp"
#include "harness/network.hpp"
#include "harness/run.hpp"

#include <linx/core/collect.hpp>
#include <linx/core/spawn.hpp>
#include <linx/genl/connection.hpp>

#include <boost/asio/post.hpp>

#include <chrono>
#include <thread>
#include <vector>

#include <linux/genetlink.h>

BOOST_AUTO_TEST_SUITE(genl_threads_kernel, *boost::unit_test::precondition(linx::test::network_possible))

namespace asio = boost::asio;
namespace genl = linx::genl;
using linx::errc;
using linx::success;
using linx::task;
using linx::test::threads;
using linx::test::value_of;
using families = std::vector<genl::family>;

namespace {

families known_families()
{
  asio::io_context context(1);
  const auto c = value_of(genl::connection::open(context.get_executor()));
  return value_of(linx::test::run(context, linx::collect(c.families())));
}

// By name, and sometimes anew; what is not there is not.
task<> look_up(genl::connection c, const families& known, int rounds)
{
  for (int round = 0; round < rounds; ++round) {
    for (const auto& each : known) {
      auto asking = round % 2 == 0 ? c.family(each.name) : c.refresh(each.name);
      LINX_TRY(const auto found, co_await std::move(asking));
      if (!(found == each)) co_return errc::conflict;
    }
    const auto none = co_await c.family("linx-nowhere");
    if (none) co_return errc::conflict;
    if (none.error().errnum() != ENOENT) co_return none.error();
  }
  co_return success();
}

task<> list(genl::connection c, const families& known, int rounds)
{
  while (rounds-- > 0) {
    LINX_TRY(const auto listed, co_await linx::collect(c.families()));
    if (listed != known) co_return errc::conflict;
  }
  co_return success();
}

task<> ask(genl::connection c, int rounds)
{
  while (rounds-- > 0) {
    LINX_TRY(const auto controller, co_await c.family("nlctrl"));
    auto request = controller.request(CTRL_CMD_GETFAMILY);
    request.put_string(CTRL_ATTR_FAMILY_NAME, "nlctrl");
    LINX_TRY(const auto reply, co_await c.transport().request(std::move(request)));
    const auto said = genl::family::decode(reply);
    if (!said || !(*said == controller)) co_return errc::conflict;
  }
  co_return success();
}

} // namespace

BOOST_FIXTURE_TEST_CASE(one_connection_is_used_from_four_threads, linx::test::fresh_network)
{
  const auto known = known_families();
  BOOST_REQUIRE(!known.empty());
  for (const auto kind : {threads::kind::context, threads::kind::pool}) {
    threads pool(kind);
    const auto home = pool.strand();
    const auto c = value_of(genl::connection::open(home));
    for (int n = 0; n < 3; ++n) {
      pool.start(look_up(c, known, 10));
      pool.start(list(c, known, 15));
      pool.start(pool.strand(), ask(c, 200));
    }
    pool.start(home, look_up(c, known, 10));
    pool.check();
  }
}

BOOST_FIXTURE_TEST_CASE(a_connection_is_opened_and_dropped_on_any_thread, linx::test::fresh_network)
{
  const auto known = known_families();
  threads pool;
  const auto first = value_of(genl::connection::open(pool.bare()));
  const auto before = linx::test::open_descriptors();
  for (int round = 0; round < 100; ++round) {
    auto c = value_of(genl::connection::open(round % 3 == 0 ? pool.strand() : pool.bare()));
    pool.start(ask(c, round % 4));
    pool.start(list(c, known, round % 2));
    if (round % 2 == 0) asio::post(pool.strand(), [mine = std::move(c)] {});
    if (round % 10 == 0) pool.check();
  }
  pool.check();
  BOOST_TEST(linx::test::settled_descriptors(before) == before);
}

namespace {

task<> until_closed(genl::connection c, const families& known)
{
  for (;;) {
    auto round = look_up(c, known, 2);
    const auto found = co_await std::move(round);
    if (!found && found.error() == errc::closed) co_return success();
    if (!found) co_return found.error();
    auto listing = list(c, known, 1);
    const auto listed = co_await std::move(listing);
    if (!listed && listed.error() == errc::closed) co_return success();
    if (!listed) co_return listed.error();
  }
}

} // namespace

// The context of a connection is destroyed while four threads of another one use it: no call is lost.
BOOST_FIXTURE_TEST_CASE(a_context_dies_under_those_who_use_its_connection, linx::test::fresh_network)
{
  const auto known = known_families();
  threads users;
  for (int round = 0; round < 15; ++round) {
    const auto before = linx::test::open_descriptors();
    threads owner(round % 2 == 0 ? threads::kind::context : threads::kind::pool, 2);
    {
      const auto c = value_of(genl::connection::open(owner.bare()));
      for (int n = 0; n < 4; ++n) users.start(until_closed(c, known));
      // roots of the context itself vanish with it
      linx::spawn(owner.bare(), until_closed(c, known), [](const linx::result<>&) {});
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(round % 5));
    owner.kill();
    users.check();
    BOOST_TEST(linx::test::open_descriptors() <= before);
  }
}

BOOST_AUTO_TEST_SUITE_END()
