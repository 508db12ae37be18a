// R7: handles may outlive their io_context. Only AddressSanitizer sees it when they may not.
#include "core/operations.hpp"

#include "core/queue.hpp"

#include <linx/core/stream.hpp>
#include <linx/core/with_timeout.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <optional>
#include <thread>
#include <vector>

BOOST_AUTO_TEST_SUITE(core_state)

using namespace linx::test;
using linx::errc;
using linx::task;
namespace asio = boost::asio;

BOOST_AUTO_TEST_CASE(idle_handle_outlives_its_context)
{
  auto context = std::make_unique<asio::io_context>();
  gate handle(*context);
  context.reset();
  BOOST_TEST(handle.is_shut_down());
  handle.open();
  handle.close();
}

// The destructor of a strand locks a mutex of a service: a use after free once the context is gone.
BOOST_AUTO_TEST_CASE(handle_on_a_strand_outlives_its_context)
{
  auto context = std::make_unique<asio::io_context>();
  gate handle{linx::executor(asio::make_strand(*context))};
  context.reset();
  BOOST_TEST(handle.is_shut_down());
}

BOOST_AUTO_TEST_CASE(context_dies_with_operations_suspended)
{
  for (const bool on_strand : {false, true}) {
    probe argument;
    auto context = std::make_unique<asio::io_context>();
    auto home = [&] {
      return on_strand ? linx::executor(asio::make_strand(*context))
                       : linx::executor(context->get_executor());
    };
    std::vector<gate> handles;
    for (int n = 0; n < 10; ++n) {
      handles.emplace_back(home());
      for (int waiter = 0; waiter < 3; ++waiter)
        linx::spawn(home(), handles.back().pass(argument.hold()),
                    [](const linx::result<int>&) { BOOST_ERROR("called although its context is gone"); });
    }
    settle(*context);
    // More roots are on their way than have started, and one handle is dropped with its waiters posted.
    linx::spawn(home(), handles.front().pass(argument.hold()),
                [](const linx::result<int>&) { BOOST_ERROR("called although its context is gone"); });
    handles.erase(handles.begin());
    context.reset();
    BOOST_TEST(argument.is_free());
    for (auto& handle : handles) BOOST_TEST(handle.is_shut_down());
  }
}

// The handle dies inside a coroutine frame that the dying context destroys: its destructor meets a shut-down
// state.
BOOST_AUTO_TEST_CASE(handle_owned_by_its_own_waiter)
{
  probe argument;
  auto context = std::make_unique<asio::io_context>();
  auto owner = [](linx::executor home, std::shared_ptr<int> held) -> task<int> {
    gate own(std::move(home));
    auto passed = co_await own.pass(std::move(held));
    co_return std::move(passed);
  };
  linx::spawn(*context, owner(context->get_executor(), argument.hold()), [](const linx::result<int>&) {});
  settle(*context);
  BOOST_TEST(!argument.is_free());
  context.reset();
  BOOST_TEST(argument.is_free());
}

BOOST_AUTO_TEST_CASE(task_made_but_never_started)
{
  probe argument;
  auto context = std::make_unique<asio::io_context>();
  gate handle(*context);
  {
    auto lazy = handle.pass(argument.hold());
    context.reset();
  }
  BOOST_TEST(argument.is_free());
}

// A handle of a dead context says so instead of waiting for ever, and does not touch the dead executor.
BOOST_AUTO_TEST_CASE(operation_on_a_handle_whose_context_is_gone)
{
  auto context = std::make_unique<asio::io_context>();
  gate handle(*context);
  context.reset();
  asio::io_context other;
  started<int> root(other, handle.pass());
  other.run();
  BOOST_TEST(root.yielded(errc::closed));
}

BOOST_AUTO_TEST_CASE(streams_outlive_their_context)
{
  using source = linx::detail::queue_source<int>;
  auto context = std::make_unique<asio::io_context>();
  auto queue = linx::detail::make_state<source>(context->get_executor());
  linx::stream<int> values(queue);
  auto reader = [](linx::stream<int>& from) -> task<std::optional<int>> {
    auto value = co_await from.next();
    co_return std::move(value);
  };
  linx::spawn(*context, reader(values),
              [](const linx::result<std::optional<int>>&) { BOOST_ERROR("called"); });
  settle(*context);
  context.reset();
  BOOST_TEST(queue->is_closed());
  queue->push(1);
  BOOST_TEST(queue->queued_bytes() == 0u);
  values.cancel();
}

// The operation runs on a context that dies; its caller waits on another, lives on, and hears of it there.
BOOST_AUTO_TEST_CASE(home_of_a_handle_dies_before_the_caller)
{
  probe argument;
  asio::io_context here;
  auto there = std::make_unique<asio::io_context>();
  gate handle(*there);
  started<int> root(here, handle.pass(argument.hold()));
  settle(here);
  settle(*there);
  BOOST_TEST(handle.has_waiters());
  there.reset();
  BOOST_TEST(!root.is_over());
  settle(here);
  BOOST_TEST(root.yielded(errc::closed));
  BOOST_TEST(argument.is_free());
}

// The caller's context dies first; what it had begun on the other one is cancelled there.
BOOST_AUTO_TEST_CASE(caller_dies_before_the_home_of_a_handle)
{
  probe argument;
  auto here = std::make_unique<asio::io_context>();
  asio::io_context there;
  gate handle(there);
  linx::spawn(*here, handle.pass(argument.hold()),
              [](const linx::result<int>&) { BOOST_ERROR("called although its context is gone"); });
  settle(*here);
  settle(there);
  BOOST_TEST(handle.has_waiters());
  here.reset();
  settle(there);
  BOOST_TEST(handle.cancelled() == 1u);
  BOOST_TEST(argument.is_free());
}

// The same with threads of their own, at moments that nobody chose.
BOOST_AUTO_TEST_CASE(home_of_a_handle_dies_while_the_caller_runs)
{
  for (int round = 0; round < 100; ++round) {
    asio::io_context here;
    auto there = std::make_unique<asio::io_context>();
    std::vector<gate> handles;
    for (int n = 0; n < 8; ++n) handles.emplace_back(*there);
    std::atomic<int> ended = 0;
    for (auto& each : handles) {
      linx::spawn(here, each.pass(), [&ended](const linx::result<int>& passed) {
        if (passed || passed.error() == errc::closed) ++ended;
      });
    }
    std::thread caller([&here] { here.run(); });
    std::thread home([&there, round] {
      there->run_for(std::chrono::microseconds(round * 10));
      there.reset();
    });
    home.join();
    caller.join();
    BOOST_TEST(ended == 8);
  }
}

// Asio's services shut down in the reverse order of their making, and frames go with whatever held their
// handlers: before linx's own service, or after it.
BOOST_AUTO_TEST_CASE(services_are_made_in_any_order)
{
  enum class made { object, strand, timer };
  std::vector<made> order{made::object, made::strand, made::timer};
  do {
    probe argument;
    auto context = std::make_unique<asio::io_context>();
    std::vector<gate> handles;
    std::optional<linx::executor> strand;
    for (const auto next : order) {
      if (next == made::object) handles.emplace_back(*context);
      if (next == made::strand) strand.emplace(asio::make_strand(*context));
      if (next == made::timer) asio::steady_timer(*context).expires_after(std::chrono::hours(1));
    }
    const auto never = [](const auto&) { BOOST_ERROR("called although its context is gone"); };
    for (int n = 0; n < 4; ++n) {
      handles.emplace_back(*strand);
      linx::spawn(*strand, handles.front().pass(argument.hold()), never);
      linx::spawn(*strand, handles.back().pass(argument.hold()), never);
      auto timed = linx::with_timeout(handles.back().pass(argument.hold()), std::chrono::hours(1));
      linx::spawn(*strand, std::move(timed), never);
    }
    settle(*context);
    for (auto& each : handles) each.open(); // posted, and never run
    strand.reset();
    context.reset();
    BOOST_TEST(argument.is_free());
  } while (std::next_permutation(order.begin(), order.end()));
}

// Order of members in a consumer's class is not linx's choice: states die before, after and between contexts.
BOOST_AUTO_TEST_CASE(many_states_die_in_any_order)
{
  std::deque<gate> handles;
  auto first = std::make_unique<asio::io_context>();
  auto second = std::make_unique<asio::io_context>();
  for (int n = 0; n < 100; ++n) handles.emplace_back(n % 2 ? *first : *second);
  for (int n = 0; n < 20; ++n) {
    handles.pop_front();
    handles.pop_back();
  }
  first.reset();
  handles.erase(handles.begin() + 10, handles.begin() + 20);
  BOOST_TEST(handles.size() == 50u);
  second.reset();
  handles.clear();
}

// About 100k suspended frames deep the destruction overflows the stack; 5k is what the contract promises.
BOOST_AUTO_TEST_CASE(deep_suspended_chain_is_destroyed)
{
  struct chain {
    static task<int> of(gate& closed, int depth, std::shared_ptr<int> held)
    {
      if (depth == 0) {
        auto passed = co_await closed.pass(std::move(held));
        co_return std::move(passed);
      }
      auto inner = of(closed, depth - 1, std::move(held));
      auto passed = co_await std::move(inner);
      co_return std::move(passed);
    }
  };
  probe argument;
  auto context = std::make_unique<asio::io_context>();
  gate closed(*context);
  linx::spawn(*context, chain::of(closed, 5000, argument.hold()), [](const linx::result<int>&) {});
  settle(*context);
  context.reset();
  BOOST_TEST(argument.is_free());
}

BOOST_AUTO_TEST_SUITE_END()
