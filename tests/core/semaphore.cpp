// semaphore: never more than its number, in turn, and no permit lost.
#include "core/operations.hpp"
#include "harness/run.hpp"

#include <linx/core/semaphore.hpp>
#include <linx/core/with_timeout.hpp>

#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <deque>
#include <optional>
#include <random>
#include <vector>

BOOST_AUTO_TEST_SUITE(core_semaphore)

using namespace linx::test;
using namespace std::chrono_literals;
using linx::errc;
using linx::result;
using linx::semaphore;
using linx::task;
namespace asio = boost::asio;

namespace {

using permits = std::vector<semaphore::permit>;

// Takes one and says so.
task<int> one_of(const semaphore& few, permits& taken, std::vector<int>& order, int number)
{
  LINX_TRY(auto mine, co_await few.acquire());
  taken.push_back(std::move(mine));
  order.push_back(number);
  co_return number;
}

} // namespace

// First come, first served, and nobody overtakes between the release and the next one's turn.
BOOST_AUTO_TEST_CASE(in_turn)
{
  asio::io_context context;
  semaphore few(context, 2);
  permits taken;
  std::vector<int> order;
  std::deque<started<int>> roots;
  for (int n = 0; n != 6; ++n) roots.emplace_back(context, one_of(few, taken, order, n));
  settle(context);
  BOOST_TEST(order == std::vector<int>({0, 1}), boost::test_tools::per_element());
  BOOST_TEST(few.available() == 0u);
  for (int n = 2; n != 6; ++n) {
    taken.erase(taken.begin());
    roots.emplace_back(context, one_of(few, taken, order, 10 + n));
    settle(context);
  }
  BOOST_TEST(order == std::vector<int>({0, 1, 2, 3, 4, 5}), boost::test_tools::per_element());
  taken.clear();
  settle(context);
  taken.clear();
  settle(context);
  BOOST_TEST(order.size() == 10u);
  BOOST_TEST(order.back() == 15);
  taken.clear();
  settle(context);
  BOOST_TEST(few.available() == 2u);
}

// A permit is a value: given back once, by hand or by its end, and not by what it was moved from.
BOOST_AUTO_TEST_CASE(a_permit_is_a_value)
{
  asio::io_context context;
  semaphore one(context, 1);
  const auto acquired = [&] { return run(context, one.acquire()).value(); };
  {
    auto first = acquired();
    auto second = std::move(first);
    BOOST_TEST(!first);
    BOOST_TEST(!!second);
    first.release();
    settle(context);
    BOOST_TEST(one.available() == 0u);
    second.release();
    second.release();
    settle(context);
    BOOST_TEST(one.available() == 1u);
  }
  {
    auto held = acquired();
    held = std::move(held);
    settle(context);
    BOOST_TEST(one.available() == 0u);
  }
  settle(context);
  BOOST_TEST(one.available() == 1u);
}

// One who is cancelled leaves the queue, and one who was given a permit keeps it.
BOOST_AUTO_TEST_CASE(a_cancel_takes_nothing_and_loses_nothing)
{
  for (const auto type : every_cancellation) {
    asio::io_context context;
    semaphore one(context, 1);
    std::optional<semaphore::permit> held(run(context, one.acquire()).value());
    started<semaphore::permit> first(context, one.acquire()), second(context, one.acquire());
    settle(context);
    first.cancel(type);
    settle(context);
    BOOST_TEST(first.yielded(errc::cancelled));
    BOOST_TEST(!second.is_over());
    held.reset(); // handed to the second, whose turn has not come yet
    second.cancel(type);
    settle(context);
    BOOST_TEST(second.is_over());
    second.outcome.reset();
    settle(context);
    BOOST_TEST(one.available() == 1u);
    started<semaphore::permit> late(context, one.acquire());
    late.cancel(type);
    settle(context);
    BOOST_TEST(late.yielded(errc::cancelled));
    BOOST_TEST(one.available() == 1u);
  }
}

BOOST_AUTO_TEST_CASE(a_time_limit_for_a_turn)
{
  asio::io_context context;
  semaphore one(context, 1);
  auto held = run(context, one.acquire()).value();
  const auto late = run(context, linx::with_timeout(one.acquire(), 1ms));
  BOOST_TEST((late.error() == errc::timed_out));
  held.release();
  settle(context);
  BOOST_TEST(one.available() == 1u);
}

BOOST_AUTO_TEST_CASE(the_end_of_it)
{
  asio::io_context context;
  std::optional<semaphore> one;
  one.emplace(context, 1);
  std::optional<semaphore::permit> held(run(context, one->acquire()).value());
  started<semaphore::permit> waiting(context, one->acquire());
  auto later = one->acquire();
  settle(context);
  one.reset();
  settle(context);
  BOOST_TEST(waiting.yielded(errc::closed));
  BOOST_TEST((run(context, std::move(later)).error() == errc::closed));
  held.reset();
  settle(context);
}

// Permits and semaphores that outlive their context, and a context that dies with a queue.
BOOST_AUTO_TEST_CASE(the_end_of_the_context)
{
  probe argument;
  std::optional<semaphore::permit> held;
  std::optional<semaphore> one;
  {
    asio::io_context context;
    one.emplace(context, 1);
    held.emplace(run(context, one->acquire()).value());
    const auto waits = [](const semaphore& from, std::shared_ptr<int>) -> task<int> {
      LINX_TRYV(co_await from.acquire());
      co_return 1;
    };
    linx::spawn(context, waits(*one, argument.hold()), [](result<int>) {});
    settle(context);
    BOOST_TEST(!argument.is_free());
  }
  BOOST_TEST(argument.is_free());
  held.reset();
  one.reset();
}

// As many of a thousand holders, on four threads, as there are permits; each one's turn comes.
task<> holder(const semaphore& few, std::atomic<int>& inside, std::atomic<int>& most, std::atomic<int>& turns)
{
  for (int i = 0; i != 20; ++i) {
    LINX_TRY(auto mine, co_await few.acquire());
    const int now = ++inside;
    for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
    }
    co_await asio::post(asio::deferred);
    --inside;
    ++turns;
    if (i % 2 == 0) mine.release();
  }
  co_return linx::success();
}

BOOST_AUTO_TEST_CASE(on_four_threads)
{
  asio::thread_pool pool(4);
  const semaphore few(pool, 3);
  std::atomic<int> inside = 0, most = 0, turns = 0, failed = 0;
  for (int n = 0; n != 50; ++n)
    linx::spawn(asio::make_strand(pool.get_executor()), holder(few, inside, most, turns),
                [&failed](result<> how) {
                  if (!how) ++failed;
                });
  pool.join();
  BOOST_TEST(failed == 0);
  BOOST_TEST(turns == 1000);
  BOOST_TEST(most <= 3);
  BOOST_TEST(few.available() == 3u);
}

// The same, with limits of time that meet the permits at every moment.
task<> hasty(const semaphore& few, unsigned seed, std::atomic<int>& inside, std::atomic<bool>& too_many)
{
  std::minstd_rand random(seed);
  for (int i = 0; i != 40; ++i) {
    auto turn = linx::with_timeout(few.acquire(), std::chrono::microseconds(random() % 300));
    auto mine = co_await std::move(turn);
    if (!mine) continue;
    if (++inside > 2) too_many = true;
    co_await asio::post(asio::deferred);
    --inside;
  }
  co_return linx::success();
}

BOOST_AUTO_TEST_CASE(cancelled_on_four_threads)
{
  asio::thread_pool pool(4);
  const semaphore few(pool, 2);
  std::atomic<int> inside = 0, ended = 0;
  std::atomic<bool> too_many = false;
  for (unsigned n = 0; n != 30; ++n)
    linx::spawn(asio::make_strand(pool.get_executor()), hasty(few, n + 1, inside, too_many),
                [&ended](result<>) { ++ended; });
  pool.join();
  BOOST_TEST(ended == 30);
  BOOST_TEST(!too_many);
  BOOST_TEST(few.available() == 2u); // none is lost
}

BOOST_AUTO_TEST_SUITE_END()
