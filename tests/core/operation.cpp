// The frame around every public task: what it owes a caller that linx did not start.
#include "core/operations.hpp"
#include "harness/run.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/test/unit_test.hpp>

#include <future>
#include <thread>

BOOST_AUTO_TEST_SUITE(core_operation)

using namespace linx::test;
using linx::errc;
using linx::result;
using linx::task;
namespace asio = boost::asio;

namespace {

/// A consumer's coroutine under a plain co_spawn.
asio::awaitable<void> foreign(gate& g, std::optional<result<int>>& got, bool& flag_after)
{
  got.emplace(co_await g.pass());
  flag_after = co_await asio::this_coro::throw_if_cancelled();
}

template <class T>
asio::awaitable<void> foreign_of(task<T> op, std::optional<result<T>>& got, bool& flag_after)
{
  got.emplace(co_await std::move(op));
  flag_after = co_await asio::this_coro::throw_if_cancelled();
}

} // namespace

// Under a plain co_spawn the flag is on: the operation must not throw, and must leave the flag as it was.
BOOST_AUTO_TEST_CASE(foreign_root_gets_terminal_as_a_value)
{
  asio::io_context context;
  gate closed(context);
  asio::cancellation_signal signal;
  std::optional<result<int>> got;
  bool flag = false;
  std::exception_ptr ended;
  asio::co_spawn(context, foreign(closed, got, flag),
                 asio::bind_cancellation_slot(signal.slot(), [&ended](std::exception_ptr e) { ended = e; }));
  settle(context);
  signal.emit(cancels::terminal);
  context.run();
  BOOST_REQUIRE(got.has_value());
  BOOST_TEST((got->error() == errc::cancelled));
  BOOST_TEST(flag);
  BOOST_TEST(!ended);
}

// Asio drops these silently at such a root; documented, so it must stay true.
BOOST_AUTO_TEST_CASE(foreign_root_never_sees_partial_and_total)
{
  for (const auto type : {cancels::partial, cancels::total}) {
    asio::io_context context;
    gate closed(context);
    asio::cancellation_signal signal;
    std::optional<result<int>> got;
    bool flag = false;
    asio::co_spawn(context, foreign(closed, got, flag),
                   asio::bind_cancellation_slot(signal.slot(), [](std::exception_ptr) {}));
    settle(context);
    signal.emit(type);
    settle(context);
    BOOST_TEST(!got.has_value());
    closed.open();
    context.restart();
    context.run();
    BOOST_REQUIRE(got.has_value());
    BOOST_TEST(got->value() == 7);
  }
}

namespace {
asio::awaitable<void> foreign_loop(gate& g, int& rounds)
{
  for (;;) {
    auto passed = co_await g.pass(); // throws once cancelled: the flag is restored
    ++rounds;
    if (passed.has_error()) static_cast<void>(passed);
  }
}
} // namespace

BOOST_AUTO_TEST_CASE(the_next_await_of_a_cancelled_foreign_root_throws)
{
  asio::io_context context;
  gate closed(context);
  asio::cancellation_signal signal;
  int rounds = 0;
  std::exception_ptr ended;
  asio::co_spawn(context, foreign_loop(closed, rounds),
                 asio::bind_cancellation_slot(signal.slot(), [&ended](std::exception_ptr e) { ended = e; }));
  settle(context);
  signal.emit(cancels::terminal);
  context.run();
  BOOST_TEST(rounds == 1);
  BOOST_REQUIRE(ended);
  BOOST_CHECK_THROW(std::rethrow_exception(ended), boost::system::system_error);
}

// Each emission overwrites the bits of a default state: the operation must remember the cancel it saw.
BOOST_AUTO_TEST_CASE(terminal_followed_by_total_is_still_a_cancel)
{
  asio::io_context context;
  gate closed(context);
  asio::cancellation_signal signal;
  std::optional<result<int>> got;
  bool flag = false;
  asio::co_spawn(context, foreign(closed, got, flag),
                 asio::bind_cancellation_slot(signal.slot(), [](std::exception_ptr) {}));
  settle(context);
  signal.emit(cancels::terminal);
  signal.emit(cancels::total);
  context.run();
  BOOST_REQUIRE(got.has_value());
  BOOST_TEST((got->error() == errc::cancelled));
}

namespace {
task<int> body_that_throws(bool& flag_inside)
{
  flag_inside = co_await asio::this_coro::throw_if_cancelled();
  throw std::runtime_error("from the body");
}

class throwing_handle : public linx::detail::context_state {
public:
  explicit throwing_handle(linx::executor home) : context_state(std::move(home)) {}
  void shutdown() noexcept override {}
  task<int> fail(bool& flag_inside)
  {
    auto body = body_that_throws(flag_inside);
    return linx::detail::operation<int>(shared_from_this(), std::move(body));
  }
};

asio::awaitable<void> catches(task<int> op, bool& caught, bool& flag_after)
{
  try {
    static_cast<void>(co_await std::move(op));
  } catch (const std::runtime_error&) {
    caught = true;
  }
  flag_after = co_await asio::this_coro::throw_if_cancelled();
}
} // namespace

BOOST_AUTO_TEST_CASE(flag_is_restored_when_an_exception_passes)
{
  asio::io_context context, other;
  auto handle = linx::detail::make_state<throwing_handle>(context.get_executor());
  bool inside = true, caught = false, after = false;
  asio::co_spawn(context, catches(handle->fail(inside), caught, after), [](std::exception_ptr) {});
  context.run();
  BOOST_TEST(!inside);
  BOOST_TEST(caught);
  BOOST_TEST(after);

  // The same across two contexts: the exception itself arrives, not its text.
  caught = after = false;
  bool ended = false;
  asio::co_spawn(other, catches(handle->fail(inside), caught, after),
                 [&](std::exception_ptr) { ended = true; });
  while (!ended) {
    settle(context);
    settle(other);
  }
  BOOST_TEST(caught);
  BOOST_TEST(after);
}

BOOST_AUTO_TEST_CASE(started_after_a_cancel_it_completes_at_once)
{
  struct loop {
    static task<int> of(gate& g)
    {
      const auto first = co_await g.pass();
      BOOST_TEST((first.error() == errc::cancelled));
      auto second = co_await g.pass();
      co_return std::move(second);
    }
  };
  asio::io_context context;
  gate closed(context);
  started<int> root(context, loop::of(closed));
  settle(context);
  root.cancel();
  settle(context);
  BOOST_TEST(root.yielded(errc::cancelled));
  BOOST_TEST(closed.started() == 1u);
}

BOOST_AUTO_TEST_CASE(dropping_the_handle_ends_the_operation)
{
  asio::io_context context;
  std::optional<gate> handle(std::in_place, context);
  started<int> root(context, handle->pass());
  settle(context);
  handle.reset();
  settle(context);
  BOOST_TEST(root.yielded(errc::closed));
}

// R8: the state of a handle is only touched on its own executor, and the caller resumes on the caller's.
BOOST_AUTO_TEST_CASE(a_call_from_another_executor_hops_there_and_back)
{
  struct caller {
    static task<int> of(gate& g, std::thread::id& resumed_on)
    {
      auto passed = co_await g.pass();
      resumed_on = std::this_thread::get_id();
      co_return std::move(passed);
    }
  };
  asio::io_context here;
  asio::thread_pool there(1);
  gate opened(there.get_executor());
  std::thread::id resumed_on;
  asio::post(there, [&] { opened.open(); });
  auto passed = run(here, caller::of(opened, resumed_on));
  BOOST_REQUIRE(passed.has_value());
  BOOST_TEST(passed.value() == 7);
  BOOST_TEST((resumed_on == std::this_thread::get_id()));
  there.join();
}

BOOST_AUTO_TEST_CASE(cancels_are_passed_on_across_contexts)
{
  asio::thread_pool there(1);
  asio::io_context here;
  gate closed(there.get_executor());
  for (int round = 0; round < 200; ++round) {
    started<int> root(here, closed.pass());
    settle(here); // it hops; the body may or may not have started over there
    root.cancel(every_cancellation[round % 3]);
    while (!root.is_over()) {
      here.restart();
      here.run_one_for(std::chrono::milliseconds(10));
    }
    BOOST_TEST(root.completions == 1u);
    BOOST_TEST(root.yielded(errc::cancelled));
  }
  std::promise<void> closing;
  asio::post(there, [&] {
    closed.close();
    closing.set_value();
  });
  closing.get_future().wait();
  there.join();
}

BOOST_AUTO_TEST_SUITE_END()
