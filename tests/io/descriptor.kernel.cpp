// What every descriptor object owes to Asio's rules: tokens, executors, cancellation slots.
#include <linx/io/pidfd.hpp>

#include "harness/descriptors.hpp"
#include "io/event.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <future>
#include <optional>
#include <thread>
#include <vector>

BOOST_AUTO_TEST_SUITE(io_descriptor_kernel)

using namespace linx::io;
using linx::error_code;
using linx::test::event;
using linx::test::on;
namespace asio = boost::asio;

// ---- any completion token

BOOST_AUTO_TEST_CASE(callback_and_future)
{
  asio::io_context context;
  const event e;
  auto fd = on(context.get_executor(), e);
  bool called = false;
  fd.async_wait([&](error_code ec) { called = !ec; });
  std::future<void> future = fd.async_wait(asio::use_future);
  e.signal();
  context.run();
  BOOST_TEST(called);
  future.get();
}

BOOST_AUTO_TEST_CASE(coroutine_tokens)
{
  asio::io_context context;
  const event e;
  auto fd = on(context.get_executor(), e);
  e.signal();
  int steps = 0;
  const auto body = [&]() -> asio::awaitable<void> {
    co_await fd.async_wait(asio::use_awaitable);
    ++steps;
    co_await fd.async_wait(asio::deferred);
    ++steps;
    co_await fd.async_wait();
    ++steps;
    const auto [ec] = co_await fd.async_wait(asio::as_tuple(asio::use_awaitable));
    steps += !ec;
    error_code redirected = asio::error::fault;
    co_await fd.async_wait(asio::redirect_error(asio::use_awaitable, redirected));
    steps += !redirected;
    fd.close();
    const auto [failed] = co_await fd.async_wait(asio::as_tuple(asio::deferred));
    steps += failed == asio::error::bad_descriptor;
  };
  asio::co_spawn(context, body, asio::detached);
  context.run();
  BOOST_TEST(steps == 6);
}

BOOST_AUTO_TEST_CASE(a_deferred_operation_starts_when_it_is_launched)
{
  asio::io_context context;
  const event e;
  auto fd = on(context.get_executor(), e);
  auto later = fd.async_wait();
  e.signal();
  context.run();
  context.restart();
  bool called = false;
  std::move(later)([&](error_code ec) { called = !ec; });
  BOOST_TEST(!called);
  context.run();
  BOOST_TEST(called);
}

BOOST_AUTO_TEST_CASE(a_move_only_handler)
{
  asio::io_context context;
  const event e;
  auto fd = on(context.get_executor(), e);
  bool called = false;
  fd.async_wait([&, owned = std::make_unique<int>(7)](error_code) { called = *owned == 7; });
  e.signal();
  context.run();
  BOOST_TEST(called);
}

// ---- executors

BOOST_AUTO_TEST_CASE(
    handlers_run_on_the_object_s_strand_by_default_and_on_their_own_executor_if_they_have_one)
{
  asio::io_context context;
  const auto home = asio::make_strand(context);
  const auto other = asio::make_strand(context);
  const event e;
  auto fd = on(home, e);
  BOOST_TEST((fd.get_executor() == asio::any_io_executor(home)));
  bool at_home = false;
  bool elsewhere = false;
  fd.async_wait([&](error_code) { at_home = home.running_in_this_thread(); });
  fd.async_wait(asio::bind_executor(other, [&](error_code) { elsewhere = other.running_in_this_thread(); }));
  e.signal();
  context.run();
  BOOST_TEST(at_home);
  BOOST_TEST(elsewhere);
}

// Each thread of the pool runs handlers of all objects; only the strand keeps one object's members apart.
BOOST_AUTO_TEST_CASE(four_threads_and_a_strand_for_each_object)
{
  asio::io_context context;
  constexpr int rounds = 200;
  struct ping {
    explicit ping(asio::io_context& c) : strand(asio::make_strand(c)), fd(on(strand, e)) {}
    void next()
    {
      fd.async_wait([this](error_code ec) {
        if (!ec && ++count < rounds) next();
      });
    }
    event e;
    asio::strand<asio::io_context::executor_type> strand;
    pidfd fd;
    int count = 0;
  };
  std::vector<std::unique_ptr<ping>> pings;
  for (int i = 0; i < 8; ++i) {
    pings.push_back(std::make_unique<ping>(context));
    pings.back()->e.signal();
    asio::post(pings.back()->strand, [p = pings.back().get()] { p->next(); });
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { context.run(); });
  for (auto& thread : threads) thread.join();
  for (const auto& p : pings) BOOST_TEST(p->count == rounds);
}

// ---- cancellation slots

BOOST_AUTO_TEST_CASE(one_operation_is_cancelled_and_its_neighbour_is_not)
{
  asio::io_context context;
  const event e;
  auto fd = on(context.get_executor(), e);
  asio::cancellation_signal signal;
  error_code first;
  bool second = false;
  fd.async_wait(asio::bind_cancellation_slot(signal.slot(), [&](error_code ec) { first = ec; }));
  fd.async_wait([&](error_code ec) { second = !ec; });
  context.poll();
  signal.emit(asio::cancellation_type::total);
  context.restart();
  context.poll();
  BOOST_TEST(first == asio::error::operation_aborted);
  BOOST_TEST(!second);
  e.signal();
  context.restart();
  context.run();
  BOOST_TEST(second);
}

BOOST_AUTO_TEST_CASE(a_cancel_that_meets_a_finished_operation_changes_nothing)
{
  asio::io_context context;
  const event e;
  auto fd = on(context.get_executor(), e);
  e.signal();
  asio::cancellation_signal signal;
  std::optional<error_code> outcome;
  fd.async_wait(asio::bind_cancellation_slot(signal.slot(), [&](error_code ec) { outcome = ec; }));
  signal.emit(asio::cancellation_type::terminal);
  context.run();
  BOOST_REQUIRE(outcome);
  BOOST_TEST(!*outcome);
}

// Asio's epoll instance and what wakes it are made for the first object of a context.
BOOST_AUTO_TEST_CASE(a_context_without_descriptors_for_asio)
{
  for (unsigned spare = 0;; ++spare) {
    BOOST_REQUIRE(spare < 10);
    asio::io_context context(1);
    const auto opened = [&] {
      const linx::test::no_descriptors none(spare);
      return pidfd::open(context.get_executor(), ::getpid());
    }();
    if (opened) break;
    BOOST_TEST((opened.error().where() == linx::stage::open));
    BOOST_TEST(opened.error().errnum() == EMFILE);
    // and the context is good for another try
    const auto again = pidfd::open(context.get_executor(), ::getpid());
    BOOST_TEST(again.has_value());
  }
}

BOOST_AUTO_TEST_SUITE_END()
