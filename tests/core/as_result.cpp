// Operations of Asio inside a task: as results, and never deaf to a cancel.
#include "core/operations.hpp"
#include "harness/run.hpp"

#include <linx/core/as_result.hpp>
#include <linx/core/first_of.hpp>
#include <linx/core/is_cancelled.hpp>
#include <linx/core/with_timeout.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <string>
#include <thread>

BOOST_AUTO_TEST_SUITE(core_as_result)

using namespace linx::test;
using namespace std::chrono_literals;
using linx::as_result;
using linx::errc;
using linx::result;
using linx::task;
namespace asio = boost::asio;

namespace {

using local_socket = asio::local::stream_protocol::socket;

/// Keeps the thread busy, so that what becomes due meanwhile is queued, all of it, behind this.
void block(std::chrono::milliseconds time)
{
  std::this_thread::sleep_for(time);
}

asio::steady_timer timer_after(const linx::executor& ex, std::chrono::nanoseconds time)
{
  return asio::steady_timer(ex, time);
}

} // namespace

static_assert(std::is_same_v<decltype(std::declval<asio::steady_timer&>().async_wait(as_result)), task<>>);
static_assert(
    std::is_same_v<decltype(std::declval<local_socket&>().async_read_some(asio::mutable_buffer(), as_result)),
                   task<std::size_t>>);

BOOST_AUTO_TEST_CASE(values_and_errors)
{
  asio::io_context context(1);
  local_socket a(context), b(context);
  asio::local::connect_pair(a, b);
  const auto talk = [&]() -> task<std::string> {
    std::array<char, 16> room{};
    LINX_TRY(const std::size_t wrote, co_await asio::async_write(a, asio::buffer("hello", 5), as_result));
    LINX_TRY(const std::size_t got, co_await b.async_read_some(asio::buffer(room), as_result));
    LINX_TRYV(co_await asio::post(context, as_result));
    if (wrote != got) co_return errc::protocol;
    a.close();
    const auto end = co_await b.async_read_some(asio::buffer(room), as_result);
    if (end || end.error() != asio::error::eof || end.error() == asio::error::broken_pipe)
      co_return errc::protocol;
    co_return std::string(room.data(), got);
  };
  BOOST_TEST(run(context, talk()).value() == "hello");
}

BOOST_AUTO_TEST_CASE(several_values_are_a_tuple)
{
  asio::io_context context(1);
  const auto initiate = [](auto handler) { std::move(handler)(linx::error_code(), 3, std::string("x")); };
  const auto ask = [&]() -> task<int> {
    using signature = void(linx::error_code, int, std::string);
    LINX_TRY(const auto both,
             co_await asio::async_initiate<const linx::as_result_t, signature>(initiate, as_result));
    co_return std::get<0>(both) + static_cast<int>(std::get<1>(both).size());
  };
  BOOST_TEST(run(context, ask()).value() == 4);
}

namespace {

asio::awaitable<linx::error_code> what_is_known()
{
  co_return asio::error::eof;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_value_may_be_an_error_code)
{
  asio::io_context context(1);
  const auto ask = [&]() -> task<int> {
    LINX_TRY(const linx::error_code code, co_await asio::co_spawn(context, what_is_known(), as_result));
    co_return code.value();
  };
  BOOST_TEST(run(context, ask()).value() == asio::error::eof);
}

BOOST_AUTO_TEST_CASE(combinators_take_it_directly)
{
  asio::io_context context(1);
  local_socket a(context), b(context);
  asio::local::connect_pair(a, b);
  std::array<char, 16> room{};
  auto reading = b.async_read_some(asio::buffer(room), as_result);
  auto timed = linx::with_timeout(std::move(reading), 5ms);
  BOOST_TEST((run(context, std::move(timed)).error() == errc::timed_out));
  auto timer = timer_after(context.get_executor(), 1ms);
  auto first = linx::first_of(b.async_read_some(asio::buffer(room), as_result), timer.async_wait(as_result));
  BOOST_TEST(run(context, std::move(first)).value().index() == 1u);
}

BOOST_AUTO_TEST_CASE(started_after_a_cancel_it_begins_nothing)
{
  asio::io_context context(1);
  bool begun = false;
  bool told = false;
  const auto initiate = [&begun](auto handler) {
    begun = true;
    std::move(handler)();
  };
  const auto body = [&]() -> task<int> {
    static_cast<void>(co_await sleeping(1h));
    told = co_await linx::is_cancelled();
    const auto ended = co_await asio::async_initiate<const linx::as_result_t, void()>(initiate, as_result);
    if (ended) co_return 1;
    co_return ended.error();
  };
  started<int> root(context, body());
  settle(context);
  root.cancel();
  settle(context);
  BOOST_TEST(root.yielded(errc::cancelled));
  BOOST_TEST(told);
  BOOST_TEST(!begun);
}

namespace {

// The limit passes while the first completion is queued behind a long handler: Asio's own cancel finds
// nothing.
template <class Wait>
task<> two_waits(asio::io_context& context, Wait wait)
{
  asio::post(context, [] { block(60ms); });
  auto soon = timer_after(context.get_executor(), 25ms);
  LINX_TRYV(co_await wait(soon));
  auto late = timer_after(context.get_executor(), 1h);
  LINX_TRYV(co_await wait(late));
  co_return linx::success();
}

task<> plain(asio::steady_timer& timer)
{
  co_await timer.async_wait(asio::deferred); // throws operation_aborted
  co_return linx::success();
}

task<> tupled(asio::steady_timer& timer)
{
  const auto [failed] = co_await timer.async_wait(asio::as_tuple(asio::deferred));
  if (failed) co_return linx::error(failed);
  co_return linx::success();
}

task<> resulting(asio::steady_timer& timer)
{
  return timer.async_wait(as_result);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_limit_that_meets_a_queued_completion_is_not_lost)
{
  for (const auto wait : {&plain, &tupled, &resulting}) {
    asio::io_context context(1);
    auto timed = linx::with_timeout(two_waits(context, wait), 20ms);
    const auto ended = run(context, std::move(timed));
    // `tupled` hands on Asio's own error, which is no `cancelled`: the limit has reached it all the same.
    if (wait == &tupled)
      BOOST_TEST((ended.error().code() == asio::error::operation_aborted));
    else
      BOOST_TEST((ended.error() == errc::timed_out));
  }
}

BOOST_AUTO_TEST_CASE(a_cancel_of_a_root_that_meets_a_queued_completion_is_not_lost)
{
  for (const auto type : every_cancellation) {
    asio::io_context context(1);
    auto soon = timer_after(context.get_executor(), 5ms);
    const auto body = [&]() -> task<int> {
      co_await soon.async_wait(asio::deferred);
      auto late = timer_after(context.get_executor(), 1h);
      co_await late.async_wait(asio::deferred);
      co_return 1;
    };
    started<int> root(context, body());
    settle(context);
    asio::post(context, [&] {
      block(10ms); // the timer is due, its completion comes after this handler
      root.cancel(type);
    });
    context.restart();
    context.run();
    BOOST_TEST(root.yielded(errc::cancelled));
    BOOST_TEST(root.completions == 1u);
  }
}

// As long as the task goes on starting operations the cancel is repeated; nothing of it is left behind.
BOOST_AUTO_TEST_CASE(a_task_that_ignores_cancels_hears_them_again)
{
  asio::io_context context(1);
  int aborted = 0;
  const auto body = [&]() -> task<int> {
    while (aborted < 12) {
      auto sleep = timer_after(context.get_executor(), 1h);
      const auto [failed] = co_await sleep.async_wait(asio::as_tuple(asio::deferred));
      if (failed) ++aborted;
    }
    co_return aborted;
  };
  started<int> root(context, body());
  settle(context);
  root.cancel();
  context.restart();
  const auto began = std::chrono::steady_clock::now();
  context.run();
  BOOST_TEST(root.yielded_value());
  BOOST_TEST((std::chrono::steady_clock::now() - began < 30s)); // and the last pause does not hold up run()
}

BOOST_AUTO_TEST_CASE(foreign_roots_keep_their_flag)
{
  asio::io_context context(1);
  bool flag = false;
  const auto body = [&]() -> asio::awaitable<void> {
    auto timer = timer_after(context.get_executor(), 1ms);
    const auto waited = co_await timer.async_wait(as_result);
    flag = waited.has_value() && co_await asio::this_coro::throw_if_cancelled();
  };
  asio::co_spawn(context, body(), asio::detached);
  context.run();
  BOOST_TEST(flag);
}

BOOST_AUTO_TEST_SUITE_END()
