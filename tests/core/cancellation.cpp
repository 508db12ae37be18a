// cancellation: one call for many tasks, whatever thread it comes from.
#include "core/operations.hpp"
#include "harness/run.hpp"

#include <linx/core/all_of.hpp>
#include <linx/core/cancellation.hpp>
#include <linx/core/with_timeout.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <deque>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

BOOST_AUTO_TEST_SUITE(core_cancellation)

using namespace linx::test;
using namespace std::chrono_literals;
using linx::cancellation;
using linx::errc;
using linx::result;
using linx::task;
namespace asio = boost::asio;

BOOST_AUTO_TEST_CASE(passes_on_what_the_task_yields)
{
  const cancellation stop;
  BOOST_TEST(run(stop.bind(number(3))).value() == 3);
  BOOST_TEST(run(stop.bind(posted(4))).value() == 4);
  BOOST_TEST(run(stop.bind(nothing())).has_value());
  BOOST_TEST(*run(stop.bind(make_stubborn())).value().value == 5);
  BOOST_TEST((run(stop.bind(failing(errc::conflict))).error() == errc::conflict));
  BOOST_CHECK_THROW((void)run(stop.bind(throwing())), std::runtime_error);
  BOOST_TEST(!stop.is_cancelled());
  const linx::cancel_token none;
  BOOST_TEST(!none.is_cancelled());
  BOOST_TEST(run(none.bind(posted(6))).value() == 6);
}

// All of them, on whatever executor, by one call; those of another source go on.
BOOST_AUTO_TEST_CASE(one_call_for_many)
{
  asio::io_context context;
  const cancellation stop, other;
  gate never(context);
  std::deque<started<int>> roots;
  probe argument;
  for (int n = 0; n != 50; ++n) {
    if (n % 2)
      roots.emplace_back(context, stop.bind(never.pass(argument.hold())));
    else
      roots.emplace_back(asio::make_strand(context), stop.token().bind(sleeping(1h)));
  }
  started<int> apart(context, other.bind(never.pass()));
  settle(context);
  stop.cancel();
  BOOST_TEST(stop.is_cancelled());
  BOOST_TEST(stop.token().is_cancelled());
  settle(context);
  for (auto& root : roots) BOOST_TEST(root.yielded(errc::cancelled));
  for (auto& root : roots) BOOST_TEST(root.completions == 1u);
  BOOST_TEST(argument.is_free());
  BOOST_TEST(!apart.is_over());
  other.cancel();
  other.cancel();
  settle(context);
  BOOST_TEST(apart.yielded(errc::cancelled));
}

// At once, without its first step.
BOOST_AUTO_TEST_CASE(after_the_cancel)
{
  asio::io_context context;
  const cancellation stop;
  gate never(context);
  probe argument;
  auto made_before = stop.bind(never.pass(argument.hold()));
  stop.cancel();
  BOOST_TEST((run(context, std::move(made_before)).error() == errc::cancelled));
  BOOST_TEST((run(context, stop.bind(number(1))).error() == errc::cancelled));
  BOOST_TEST(never.started() == 0u);
  BOOST_TEST(argument.is_free());
}

// Either one reaches it, and neither is lost when both come.
BOOST_AUTO_TEST_CASE(the_caller_s_cancel_too)
{
  for (const auto type : every_cancellation) {
    asio::io_context context;
    const cancellation stop;
    gate never(context);
    started<int> root(context, stop.bind(never.pass()));
    settle(context);
    root.cancel(type);
    settle(context);
    BOOST_TEST(root.yielded(errc::cancelled));
    BOOST_TEST(!stop.is_cancelled());

    started<int> both(context, stop.bind(never.pass()));
    settle(context);
    stop.cancel();
    both.cancel(type);
    settle(context);
    BOOST_TEST(both.yielded(errc::cancelled));
    BOOST_TEST(both.completions == 1u);

    const cancellation again;
    started<int> before(context, again.bind(never.pass()));
    before.cancel(type);
    settle(context);
    BOOST_TEST(before.yielded(errc::cancelled));
  }
}

// A cancel that meets a finished task changes nothing.
BOOST_AUTO_TEST_CASE(a_value_is_never_thrown_away)
{
  asio::io_context context;
  const cancellation stop;
  gate door(context);
  started<int> root(context, stop.bind(door.pass()));
  settle(context);
  door.open();
  stop.cancel();
  settle(context);
  BOOST_TEST(root.yielded_value());
}

// Inside combinators, sources inside sources.
BOOST_AUTO_TEST_CASE(is_a_task_like_others)
{
  asio::io_context context;
  const cancellation outer, inner;
  gate never(context);
  auto nested = outer.bind(inner.bind(never.pass()));
  started<std::tuple<int, int>> root(context, linx::all_of(std::move(nested), never.pass()));
  settle(context);
  inner.cancel();
  settle(context);
  BOOST_TEST(root.yielded(errc::cancelled));
  BOOST_TEST(never.cancelled() == 2u);
  const auto late = run(context, linx::with_timeout(outer.bind(never.pass()), 1ms));
  BOOST_TEST((late.error() == errc::timed_out));
}

// The task cancels itself by its source, and goes on to its next wait.
BOOST_AUTO_TEST_CASE(from_inside)
{
  asio::io_context context;
  const cancellation stop;
  gate never(context);
  const auto body = [](cancellation own, gate& door) -> task<int> {
    own.cancel();
    auto passing = door.pass();
    co_return co_await std::move(passing);
  };
  started<int> root(context, stop.bind(body(stop, never)));
  settle(context);
  BOOST_TEST(root.yielded(errc::cancelled));
}

BOOST_AUTO_TEST_CASE(under_a_plain_co_spawn)
{
  asio::io_context context;
  const cancellation stop;
  gate never(context);
  bool throws = false;
  std::optional<result<int>> yielded;
  const auto body = [&]() -> asio::awaitable<void> {
    auto passing = stop.bind(never.pass());
    yielded.emplace(co_await std::move(passing));
    throws = co_await asio::this_coro::throw_if_cancelled();
  };
  asio::co_spawn(context, body, asio::detached);
  settle(context);
  stop.cancel();
  settle(context);
  BOOST_REQUIRE(yielded);
  BOOST_TEST((yielded->error() == errc::cancelled));
  BOOST_TEST(throws); // as it was
}

// The context goes with tasks under the source, which then has nobody to tell.
BOOST_AUTO_TEST_CASE(the_end_of_the_context)
{
  const cancellation stop;
  probe argument;
  {
    asio::io_context context;
    gate never(context);
    for (int n = 0; n != 3; ++n)
      linx::spawn(asio::make_strand(context), stop.bind(never.pass(argument.hold())), [](result<int>) {});
    settle(context);
    BOOST_TEST(!argument.is_free());
  }
  BOOST_TEST(argument.is_free());
  stop.cancel();
  {
    asio::io_context context;
    gate never(context);
    const cancellation unheard;
    linx::spawn(context, unheard.bind(never.pass(argument.hold())), [](result<int>) {});
    settle(context);
    unheard.cancel(); // on its way when the context goes
  }
  BOOST_TEST(argument.is_free());
}

// From another thread, at any moment of any task's life: each completes once, and none is missed.
BOOST_AUTO_TEST_CASE(from_another_thread)
{
  constexpr int rounds = 30, tasks = 40;
  int missed = 0;
  std::atomic<int> completed = 0, cancelled = 0;
  for (int round = 0; round != rounds; ++round) {
    asio::thread_pool pool(3);
    const cancellation stop;
    for (int n = 0; n != tasks; ++n) {
      const auto life = [](int which) -> task<int> {
        for (int i = 0; i != which; ++i) {
          LINX_TRYV(co_await posted(i));
        }
        const auto cancel = co_await asio::this_coro::cancellation_state;
        if (cancel.cancelled() != asio::cancellation_type::none) co_return errc::cancelled;
        co_return co_await sleeping(which % 5 == 0 ? 0ns : std::chrono::nanoseconds(1h));
      };
      linx::spawn(asio::make_strand(pool.get_executor()), stop.bind(life(n)), [&](result<int> how) {
        ++completed;
        if (!how && how.error() == errc::cancelled) ++cancelled;
      });
    }
    std::thread other([stop] { stop.cancel(); });
    stop.cancel();
    other.join();
    pool.join(); // for ever, if one was missed
    missed += tasks * (round + 1) != completed;
  }
  BOOST_TEST(missed == 0);
  BOOST_TEST(cancelled >= rounds * tasks * 4 / 5);
}

// Contexts that go while their tasks are being cancelled from elsewhere.
BOOST_AUTO_TEST_CASE(contexts_that_go_meanwhile)
{
  probe argument;
  for (int round = 0; round != 100; ++round) {
    const cancellation stop;
    std::thread other;
    {
      asio::io_context context;
      for (int n = 0; n != 8; ++n) {
        auto life = [](std::shared_ptr<int>) -> task<int> { co_return co_await sleeping(1h); };
        linx::spawn(asio::make_strand(context), stop.bind(life(argument.hold())), [](result<int>) {});
      }
      settle(context);
      other = std::thread([stop] { stop.cancel(); });
    }
    other.join();
  }
  BOOST_TEST(argument.is_free());
}

BOOST_AUTO_TEST_SUITE_END()
