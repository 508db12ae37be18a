// How long a loop over immediate completions may keep its thread: by count and by time.
#include "core/fairness.hpp"
#include "core/operations.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>

BOOST_AUTO_TEST_SUITE(core_fairness)

using namespace linx::test;
using linx::errc;
using linx::task;
namespace asio = boost::asio;

namespace {
task<int> greedy(unsigned& completions, const bool& stop)
{
  while (!stop) {
    ++completions;
    if (linx::detail::yield_due()) {
      co_await asio::post(asio::deferred);
      const auto cancel = co_await asio::this_coro::cancellation_state;
      if (linx::detail::is_cancelled(cancel)) co_return errc::cancelled;
    }
  }
  co_return 0;
}
} // namespace

// A loop whose operations all complete immediately must let others run, and hear of a cancel.
BOOST_AUTO_TEST_CASE(immediate_completions_yield_by_count)
{
  asio::io_context context;
  unsigned completions = 0;
  bool stop = false;
  started<int> root(context, greedy(completions, stop));
  context.run_one(); // the start of the root
  for (int turn = 0; turn < 10; ++turn) {
    const auto before = completions;
    context.run_one();
    BOOST_TEST(completions - before <= 64u);
  }
  root.cancel(cancels::total);
  settle(context);
  BOOST_TEST(root.yielded(errc::cancelled));
}

// Counted for the thread: N loops beside one another do not get N times as much between two turns.
BOOST_AUTO_TEST_CASE(budget_is_shared_by_all_loops_of_a_thread)
{
  unsigned granted = 0;
  for (int n = 0; n < 640; ++n) granted += linx::detail::yield_due();
  BOOST_TEST(granted >= 10u);
}

// 64 slow operations would be seconds: time counts as well.
BOOST_AUTO_TEST_CASE(immediate_completions_yield_by_time)
{
  while (!linx::detail::yield_due()) {
  }
  BOOST_TEST(!linx::detail::yield_due()); // a new turn
  const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(250);
  while (std::chrono::steady_clock::now() < until) {
  }
  BOOST_TEST(linx::detail::yield_due());
}

// Whoever waits has let the others run: its next completion is the first of a new turn, however late it
// comes.
BOOST_AUTO_TEST_CASE(waiting_begins_a_new_turn)
{
  asio::io_context context;
  gate opened(context);
  while (!linx::detail::yield_due()) {
  }
  static_cast<void>(linx::detail::yield_due()); // the clock of this turn runs
  started<int> root(context, opened.pass());
  settle(context);
  const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(250);
  while (std::chrono::steady_clock::now() < until) {
  }
  BOOST_TEST(!linx::detail::yield_due());
}

BOOST_AUTO_TEST_SUITE_END()
