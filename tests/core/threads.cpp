// Roots on a context that several threads run: every one of them completes, and its children never run in
// parallel.
#include "core/operations.hpp"
#include "core/queue.hpp"
#include "harness/namespaces.hpp"

#include <linx/core/all_of.hpp>
#include <linx/core/cleanup.hpp>
#include <linx/core/collect.hpp>
#include <linx/core/first_of.hpp>
#include <linx/core/shielded.hpp>
#include <linx/core/stream.hpp>
#include <linx/core/with_timeout.hpp>

#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

BOOST_AUTO_TEST_SUITE(core_threads)

using namespace linx::test;
using namespace std::chrono_literals;
using linx::errc;
using linx::result;
using linx::task;
namespace asio = boost::asio;

namespace {

/// Of each of the 28 roots; a tenth of a second's worth by default. With LINX_CORE_ROUNDS=40000 each case has
/// about a million, a minute or two on two processors.
int rounds()
{
  const char* wanted = std::getenv("LINX_CORE_ROUNDS");
  return wanted ? std::stoi(wanted) : 500;
}

/// Runs a context by several threads until it has no work left.
void run_by(asio::io_context& context, unsigned threads)
{
  std::vector<std::thread> pool;
  for (unsigned n = 0; n < threads; ++n) pool.emplace_back([&context] { context.run(); });
  for (auto& each : pool) each.join();
}

/// What the steps of one root share. Plain on purpose: the thread sanitizer, and the sum, tell of a step that
/// ran beside another one.
struct tally {
  long steps = 0;
};

task<int> step(tally& shared)
{
  for (int n = 0; n < 3; ++n) {
    ++shared.steps;
    co_await asio::post(asio::deferred);
  }
  ++shared.steps;
  co_return 1;
}

task<> endless(tally& shared)
{
  for (;;) {
    auto sleep = sleeping(1h);
    auto slept = co_await std::move(sleep);
    ++shared.steps;
    if (!slept) co_return slept.error();
  }
}

task<> all(tally& shared)
{
  auto together = linx::all_of(step(shared), step(shared), step(shared));
  LINX_TRYV(co_await std::move(together));
  co_return linx::success();
}

task<> many(tally& shared)
{
  std::vector<task<int>> ops;
  for (int n = 0; n < 5; ++n) ops.push_back(step(shared));
  auto together = linx::all_of(std::move(ops));
  LINX_TRYV(co_await std::move(together));
  co_return linx::success();
}

task<> race(tally& shared)
{
  auto first = linx::first_of(endless(shared), step(shared), endless(shared));
  LINX_TRY(const auto won, co_await std::move(first));
  if (won.index() != 1) co_return errc::protocol;
  co_return linx::success();
}

task<> limited(tally& shared)
{
  auto timed = linx::with_timeout(step(shared), 1h);
  LINX_TRYV(co_await std::move(timed));
  auto late = linx::with_timeout(endless(shared), 50us);
  const auto ended = co_await std::move(late);
  if (ended || ended.error() != errc::timed_out) co_return errc::protocol;
  co_return linx::success();
}

task<> sheltered(tally& shared)
{
  auto apart = linx::shielded(step(shared));
  LINX_TRYV(co_await std::move(apart));
  auto undone = linx::cleanup(step(shared), 1h);
  LINX_TRYV(co_await std::move(undone));
  co_return linx::success();
}

task<> nested(tally& shared)
{
  auto both = linx::all_of(race(shared), all(shared));
  auto timed = linx::with_timeout(std::move(both), 1h);
  LINX_TRYV(co_await std::move(timed));
  co_return linx::success();
}

using queue = linx::detail::queue_source<int>;

task<> feed(std::shared_ptr<queue> into)
{
  for (int n = 0; n < 20; ++n) {
    into->push(n);
    co_await asio::post(asio::deferred);
  }
  into->finish();
  co_return linx::success();
}

task<> streamed(tally&)
{
  const linx::executor here = co_await asio::this_coro::executor;
  const auto source = linx::detail::make_state<queue>(here);
  linx::stream<int> values(source);
  auto both = linx::all_of(linx::collect(std::move(values)), feed(source));
  LINX_TRY(const auto got, co_await std::move(both));
  if (std::get<0>(got).size() != 20) co_return errc::protocol;
  co_return linx::success();
}

using work = task<> (*)(tally&);

task<> repeated(work what, int times, tally& shared)
{
  while (times-- > 0) {
    auto op = what(shared);
    LINX_TRYV(co_await std::move(op));
  }
  co_return linx::success();
}

constexpr std::array kinds = {&all, &many, &race, &limited, &sheltered, &nested, &streamed};

/// Four roots of each kind at the same time; `start` brings one onto its executor.
template <class Start>
void complete_all(Start start, std::function<void()> run)
{
  std::deque<tally> tallies;
  std::atomic<int> done = 0;
  std::atomic<int> failed = 0;
  int roots = 0;
  for (const auto kind : kinds) {
    for (int n = 0; n < 4; ++n, ++roots) {
      auto& shared = tallies.emplace_back();
      const int times = kind == &limited ? rounds() / 10 : rounds();
      start(repeated(kind, times, shared), [&](const result<>& ended) {
        ++done;
        if (!ended) ++failed;
      });
    }
  }
  run();
  BOOST_TEST(done == roots);
  BOOST_TEST(failed == 0);
  // What `all` does is known: three children of four steps a round.
  for (int n = 0; n < 4; ++n) BOOST_TEST(tallies[static_cast<std::size_t>(n)].steps == 12L * rounds());
}

} // namespace

BOOST_AUTO_TEST_CASE(roots_on_a_bare_context_complete)
{
  for (const unsigned threads : {2U, 4U}) {
    asio::io_context context;
    complete_all([&](task<> op, auto done) { linx::spawn(context, std::move(op), std::move(done)); },
                 [&] { run_by(context, threads); });
  }
}

BOOST_AUTO_TEST_CASE(roots_on_a_pool_complete)
{
  asio::thread_pool pool(4);
  complete_all(
      [&](task<> op, auto done) {
        linx::spawn(linx::executor(pool.get_executor()), std::move(op), std::move(done));
      },
      [&] { pool.join(); });
}

BOOST_AUTO_TEST_CASE(roots_on_strands_complete)
{
  asio::io_context context;
  complete_all(
      [&](task<> op, auto done) {
        linx::spawn(linx::executor(asio::make_strand(context)), std::move(op), std::move(done));
      },
      [&] { run_by(context, 4); });
}

namespace {

/// An executor of a kind that linx has never heard of, over a context that several threads run.
class unknown_executor {
public:
  explicit unknown_executor(asio::io_context& context) noexcept : inner_(context.get_executor()) {}

  asio::execution_context& query(asio::execution::context_t) const noexcept
  {
    return asio::query(inner_, asio::execution::context);
  }
  static constexpr asio::execution::blocking_t query(asio::execution::blocking_t) noexcept
  {
    return asio::execution::blocking.possibly;
  }
  unknown_executor require(asio::execution::blocking_t::never_t) const noexcept { return *this; }
  template <class Function>
  void execute(Function function) const
  {
    asio::post(inner_, std::move(function));
  }
  friend bool operator==(const unknown_executor&, const unknown_executor&) noexcept = default;

private:
  asio::io_context::executor_type inner_;
};

} // namespace

BOOST_AUTO_TEST_CASE(roots_on_an_unknown_executor_complete)
{
  asio::io_context context;
  auto busy = asio::make_work_guard(context);
  std::atomic<int> left = static_cast<int>(4 * kinds.size());
  complete_all(
      [&](task<> op, auto done) {
        linx::spawn(linx::executor(unknown_executor(context)), std::move(op), [&, done](result<> ended) {
          done(ended);
          if (--left == 0) busy.reset();
        });
      },
      [&] { run_by(context, 4); });
}

// A consumer's own coroutine on a bare context: the combinators bring their children onto a strand.
BOOST_AUTO_TEST_CASE(combinators_under_a_plain_co_spawn_complete)
{
  asio::io_context context;
  complete_all(
      [&](task<> op, auto done) {
        asio::co_spawn(context, std::move(op), [done](const std::exception_ptr& thrown, result<> ended) {
          if (thrown) ended = errc::exception;
          done(ended);
        });
      },
      [&] { run_by(context, 4); });
}

// What cannot be seen beforehand: a context that was promised one thread (its hint is 1) and has two.
BOOST_AUTO_TEST_CASE(a_second_thread_that_was_not_to_be_aborts)
{
#if defined(NDEBUG) || defined(__SANITIZE_THREAD__)
  BOOST_TEST_MESSAGE("skipped: takes assertions, and a race");
#else
  constexpr int aborted = 42;
  const int code = run_in_child([] {
    std::signal(SIGABRT, [](int) { ::_exit(aborted); });
    asio::io_context context(1);
    const auto until = std::chrono::steady_clock::now() + 60s;
    const auto again = [until](tally& shared) -> task<> {
      while (std::chrono::steady_clock::now() < until) {
        LINX_TRYV(co_await many(shared));
      }
      co_return linx::success();
    };
    std::array<tally, 16> shared;
    for (auto& each : shared) linx::spawn(context, again(each), asio::detached);
    run_by(context, 2);
    return 0;
  });
  BOOST_TEST(code == aborted);
#endif
}

BOOST_AUTO_TEST_CASE(two_roots_of_a_bare_context_run_in_parallel)
{
  asio::io_context context;
  std::atomic<int> inside = 0;
  const auto meet = [&]() -> task<> {
    ++inside;
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (inside != 2 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    if (inside != 2) co_return errc::timed_out;
    co_return linx::success();
  };
  int met = 0;
  std::mutex mutex;
  const auto count = [&](const result<>& ended) {
    const std::scoped_lock lock(mutex);
    if (ended) ++met;
  };
  linx::spawn(context, meet(), count);
  linx::spawn(context, meet(), count);
  run_by(context, 2);
  BOOST_TEST(met == 2);
}

// Objects that were opened with the bare executor, roots on strands of their own: each call goes home.
BOOST_AUTO_TEST_CASE(an_object_of_a_bare_context_is_shared_by_roots)
{
  asio::io_context context;
  const auto source = linx::detail::make_state<queue>(context.get_executor());
  BOOST_TEST(linx::detail::is_serial(source->get_executor()));
  gate shared(context);
  const int times = rounds();
  std::atomic<int> passed = 0;
  const auto passing = [&]() -> task<> {
    for (int n = 0; n < times; ++n) {
      LINX_TRYV(co_await shared.pass());
      ++passed;
    }
    co_return linx::success();
  };
  for (int n = 0; n < 4; ++n)
    linx::spawn(context, passing(), [](const result<>& ended) { BOOST_TEST(!!ended); });
  shared.open(static_cast<unsigned>(4 * times));
  run_by(context, 4);
  BOOST_TEST(passed == 4 * times);
}

// Streams are dropped, and their sources fed, on other threads than the one that reads.
BOOST_AUTO_TEST_CASE(streams_are_dropped_anywhere)
{
  asio::io_context context;
  std::atomic<int> ended = 0;
  const int times = rounds();
  for (int n = 0; n < times; ++n) {
    const auto source = linx::detail::make_state<queue>(context.get_executor());
    auto values = std::make_shared<linx::stream<int>>(source);
    auto first = values->next();
    linx::spawn(context, std::move(first), [&](const result<std::optional<int>>& next) {
      if (!next && next.error() == errc::closed) ++ended;
    });
    asio::post(context, [values = std::move(values)]() mutable { values.reset(); });
  }
  run_by(context, 4);
  BOOST_TEST(ended == times);
}

// A cancel from another strand, where the handler is called as well, at any moment of a root: it completes
// once.
BOOST_AUTO_TEST_CASE(cancels_of_another_strand_complete_every_root)
{
  asio::io_context context;
  const int times = rounds();
  std::atomic<int> completions = 0;
  class life {
  public:
    asio::cancellation_signal signal;
    tally shared;
  };
  std::deque<life> lives;
  for (int n = 0; n < times; ++n) {
    auto& mine = lives.emplace_back();
    auto both = linx::all_of(endless(mine.shared), step(mine.shared));
    const auto side = asio::make_strand(context);
    const auto count = [&](const auto& ended) {
      if (!ended && ended.error() == errc::cancelled) ++completions;
    };
    linx::spawn(context, std::move(both),
                asio::bind_cancellation_slot(mine.signal.slot(), asio::bind_executor(side, count)));
    asio::post(side, [&mine] { mine.signal.emit(cancels::terminal); });
  }
  run_by(context, 4);
  BOOST_TEST(completions == times);
}

BOOST_AUTO_TEST_SUITE_END()
