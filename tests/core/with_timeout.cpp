// Time limits, shields, and the one verb that combines them for cleanup.
#include "core/operations.hpp"
#include "harness/run.hpp"

#include <linx/core/cleanup.hpp>
#include <linx/core/shielded.hpp>
#include <linx/core/with_timeout.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(core_with_timeout)

using namespace linx::test;
using namespace std::chrono_literals;
using linx::errc;
using linx::result;
using linx::task;
namespace asio = boost::asio;

namespace {

/// Ends with a value although it was cancelled.
task<int> finishes_anyway(gate& closed)
{
  static_cast<void>(co_await closed.pass());
  co_return 5;
}

/// What a consumer writes: an operation, and a step to undo it.
task<int> with_undo(gate& main, task<int> undo, std::optional<result<int>>& undone,
                    std::optional<result<int>>& plain, gate& after)
{
  auto passed = co_await main.pass();
  undone.emplace(co_await std::move(undo));
  plain.emplace(co_await after.pass());
  co_return std::move(passed);
}

} // namespace

BOOST_AUTO_TEST_CASE(immediate_value_passes_without_a_timer)
{
  BOOST_TEST(run(linx::with_timeout(number(3), 0s)).value() == 3);
  BOOST_TEST(run(linx::with_timeout(nothing(), -1s)).has_value());
  BOOST_TEST(run(linx::with_timeout(posted(4), 1h)).value() == 4);
}

BOOST_AUTO_TEST_CASE(timed_out_means_cancelled_and_awaited)
{
  asio::io_context context;
  probe argument;
  gate never(context);
  auto yielded = run(context, linx::with_timeout(never.pass(argument.hold()), 1ms));
  BOOST_REQUIRE(yielded.has_error());
  BOOST_TEST((yielded.error() == errc::timed_out));
  BOOST_TEST(never.cancelled() == 1u);
  BOOST_TEST(argument.is_free());
}

BOOST_AUTO_TEST_CASE(limit_applies_to_operations_of_asio)
{
  auto yielded = run(linx::with_timeout(sleeping(1h), 1ms));
  BOOST_REQUIRE(yielded.has_error());
  BOOST_TEST((yielded.error() == errc::timed_out));
}

// now() plus the largest duration must not wrap round to the past.
BOOST_AUTO_TEST_CASE(largest_limit_is_for_ever)
{
  asio::io_context context;
  gate opened(context);
  started<int> root(context, linx::with_timeout(opened.pass(), std::chrono::nanoseconds::max()));
  settle(context);
  BOOST_TEST(!root.is_over());
  opened.open();
  settle(context);
  BOOST_TEST(root.yielded_value());
}

// A value is never thrown away for the time limit.
BOOST_AUTO_TEST_CASE(value_after_the_limit_is_kept)
{
  asio::io_context context;
  gate never(context);
  auto yielded = run(context, linx::with_timeout(finishes_anyway(never), 1ms));
  BOOST_REQUIRE(yielded.has_value());
  BOOST_TEST(yielded.value() == 5);
}

BOOST_AUTO_TEST_CASE(own_error_is_not_renamed)
{
  auto yielded = run(linx::with_timeout(failing(errc::conflict), 1h));
  BOOST_TEST((yielded.error() == errc::conflict));
}

BOOST_AUTO_TEST_CASE(cancel_of_the_caller_is_not_a_timeout)
{
  for (const auto type : every_cancellation) {
    asio::io_context context;
    gate never(context);
    started<int> root(context, linx::with_timeout(never.pass(), 1h));
    settle(context);
    root.cancel(type);
    settle(context);
    BOOST_TEST(root.completions == 1u);
    BOOST_TEST(root.yielded(errc::cancelled));
  }
}

BOOST_AUTO_TEST_CASE(the_inner_of_two_limits_reports)
{
  asio::io_context context;
  gate never(context);
  auto inner = linx::with_timeout(never.pass(), 1ms);
  auto yielded = run(context, linx::with_timeout(std::move(inner), 1h));
  BOOST_TEST((yielded.error() == errc::timed_out));
  auto other = linx::with_timeout(never.pass(), 1h);
  yielded = run(context, linx::with_timeout(std::move(other), 1ms));
  BOOST_TEST((yielded.error() == errc::timed_out));
}

BOOST_AUTO_TEST_CASE(exception_passes)
{
  BOOST_CHECK_THROW(static_cast<void>(run(linx::with_timeout(throwing(), 1h))), std::runtime_error);
  BOOST_CHECK_THROW(static_cast<void>(run(linx::shielded(throwing()))), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(context_dies_with_a_limit_pending)
{
  probe argument;
  auto context = std::make_unique<asio::io_context>();
  gate never(*context);
  linx::spawn(*context, linx::with_timeout(never.pass(argument.hold()), 1h),
              [](const result<int>&) { BOOST_ERROR("called"); });
  linx::spawn(*context, linx::cleanup(never.pass(argument.hold()), 1h),
              [](const result<int>&) { BOOST_ERROR("called"); });
  linx::spawn(*context, linx::with_timeout(sleeping(1h), 1h),
              [](const result<int>&) { BOOST_ERROR("called"); });
  settle(*context);
  context.reset();
  BOOST_TEST(argument.is_free());
}

BOOST_AUTO_TEST_CASE(shield_keeps_a_cancel_out)
{
  for (const auto type : every_cancellation) {
    asio::io_context context;
    gate opened(context);
    started<int> root(context, linx::shielded(opened.pass()));
    settle(context);
    root.cancel(type);
    settle(context);
    BOOST_TEST(!root.is_over());
    BOOST_TEST(opened.cancelled() == 0u);
    opened.open();
    settle(context);
    BOOST_TEST(root.yielded_value());
  }
}

// Cleanup after a cancel: a plain operation would complete with `cancelled` at once.
BOOST_AUTO_TEST_CASE(cleanup_runs_after_a_cancel)
{
  for (const auto type : every_cancellation) {
    asio::io_context context;
    gate main(context), undo(context), after(context);
    std::optional<result<int>> undone, plain;
    started<int> root(context, with_undo(main, linx::cleanup(undo.pass(), 1h), undone, plain, after));
    settle(context);
    root.cancel(type);
    settle(context);
    BOOST_TEST(undo.started() == 1u);
    root.cancel(type); // nor does a second cancel reach it
    settle(context);
    BOOST_TEST(!undone.has_value());
    undo.open();
    settle(context);
    BOOST_REQUIRE(undone.has_value());
    BOOST_TEST(undone->value() == 7);
    BOOST_REQUIRE(plain.has_value());
    BOOST_TEST((plain->error() == errc::cancelled)); // the caller still remembers
    BOOST_TEST(after.started() == 0u);
    BOOST_TEST(root.yielded(errc::cancelled));
  }
}

BOOST_AUTO_TEST_CASE(cleanup_is_bounded)
{
  asio::io_context context;
  gate main(context), undo(context), after(context);
  std::optional<result<int>> undone, plain;
  started<int> root(context, with_undo(main, linx::cleanup(undo.pass(), 1ms), undone, plain, after));
  settle(context);
  root.cancel();
  context.restart();
  context.run();
  BOOST_REQUIRE(undone.has_value());
  BOOST_TEST((undone->error() == errc::timed_out));
  BOOST_TEST(undo.cancelled() == 1u);
}

// The other nesting cannot work: the limit asks a task to stop that hears nothing. It ends when the task
// does.
BOOST_AUTO_TEST_CASE(limit_around_a_shield_waits)
{
  asio::io_context context;
  gate opened(context);
  auto shielded = linx::shielded(opened.pass());
  started<int> root(context, linx::with_timeout(std::move(shielded), 0s));
  context.restart();
  context.run_for(20ms);
  BOOST_TEST(!root.is_over());
  opened.open();
  settle(context);
  BOOST_TEST(root.yielded_value());
}

namespace {
asio::awaitable<void> foreign(gate& main, gate& undo, std::optional<result<int>>& undone, bool& flag_after)
{
  static_cast<void>(co_await main.pass());
  // A foreign root throws at the next await, unless its author turns that off for the cleanup.
  co_await asio::this_coro::throw_if_cancelled(false);
  auto bounded = linx::cleanup(undo.pass(), 1h);
  undone.emplace(co_await std::move(bounded));
  flag_after = co_await asio::this_coro::throw_if_cancelled();
}
} // namespace

BOOST_AUTO_TEST_CASE(cleanup_under_a_plain_co_spawn)
{
  asio::io_context context;
  gate main(context), undo(context);
  asio::cancellation_signal signal;
  std::optional<result<int>> undone;
  bool flag = true;
  bool ended = false;
  asio::co_spawn(context, foreign(main, undo, undone, flag),
                 asio::bind_cancellation_slot(signal.slot(), [&ended](std::exception_ptr) { ended = true; }));
  settle(context);
  signal.emit(cancels::terminal);
  settle(context);
  undo.open();
  settle(context);
  BOOST_REQUIRE(undone.has_value());
  BOOST_TEST(undone->has_value());
  BOOST_TEST(!flag);
  BOOST_TEST(ended);
}

BOOST_AUTO_TEST_SUITE_END()
