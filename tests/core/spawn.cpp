// Roots: every token, every kind of value, every moment at which a cancel can come.
#include "core/operations.hpp"
#include "harness/descriptors.hpp"
#include "harness/run.hpp"

#include <linx/core/first_of.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>

#include <thread>

BOOST_AUTO_TEST_SUITE(core_spawn)

using namespace linx::test;
using linx::errc;
using linx::result;
using linx::task;
namespace asio = boost::asio;

namespace {

task<int> awaiting_spawn(linx::executor other)
{
  auto inner = linx::spawn(std::move(other), number(9), asio::deferred);
  result<int> yielded = co_await std::move(inner);
  co_return std::move(yielded);
}

} // namespace

BOOST_AUTO_TEST_CASE(completes_callbacks_futures_deferred_and_detached)
{
  asio::io_context context;
  int called = 0;
  linx::spawn(context.get_executor(), number(3), [&called](result<int> r) { called = r.value(); });
  auto future = linx::spawn(context, number(4), asio::use_future);
  auto lazy = linx::spawn(context, number(5), asio::deferred);
  int lazily = 0;
  std::move(lazy)([&lazily](result<int> r) { lazily = r.value(); });
  linx::spawn(context, nothing(), asio::detached);
  context.run();
  BOOST_TEST(called == 3);
  BOOST_TEST(future.get().value() == 4);
  BOOST_TEST(lazily == 5);
  started<int> outer(context, awaiting_spawn(context.get_executor()));
  context.restart();
  context.run();
  BOOST_TEST(outer.yielded_value());
}

BOOST_AUTO_TEST_CASE(yields_void_move_only_and_values_without_default)
{
  BOOST_TEST(run(nothing()).has_value());
  auto yielded = run(make_stubborn());
  BOOST_REQUIRE(yielded.has_value());
  BOOST_TEST(*yielded.value().value == 5);
}

BOOST_AUTO_TEST_CASE(error_arrives_as_it_is)
{
  auto yielded = run(failing(linx::error::argument("too short")));
  BOOST_REQUIRE(yielded.has_error());
  BOOST_TEST(yielded.error().object() == "too short");
}

// R9: an exception may not vanish, and it may not tear down somebody else's run().
BOOST_AUTO_TEST_CASE(exception_becomes_an_error)
{
  asio::io_context context;
  started<int> root(context, throwing());
  context.run();
  BOOST_TEST(root.yielded(errc::exception));
  BOOST_TEST(root.outcome->error().object() == "thrown by a task");
}

// ... except where nobody would hear of it. Asio's own detached swallows it.
BOOST_AUTO_TEST_CASE(exception_of_a_detached_root_leaves_run)
{
  asio::io_context context;
  linx::spawn(context, throwing(), asio::detached);
  BOOST_CHECK_THROW(context.run(), std::runtime_error);
  asio::cancellation_signal signal;
  linx::spawn(context, throwing(), asio::bind_cancellation_slot(signal.slot(), asio::detached));
  context.restart();
  BOOST_CHECK_THROW(context.run(), std::runtime_error);
}

// R1: a plain reset in the root would erase this cancel, and Asio's own awaits would throw.
BOOST_AUTO_TEST_CASE(cancel_before_the_start_is_not_lost)
{
  for (const auto type : every_cancellation) {
    asio::io_context context;
    probe argument;
    gate closed(context);
    started<int> root(context, closed.pass(argument.hold()));
    root.cancel(type);
    BOOST_TEST(root.completions == 0u); // never inside the emission
    context.run();
    BOOST_TEST(root.completions == 1u);
    BOOST_TEST(root.yielded(errc::cancelled));
    BOOST_TEST(closed.started() == 0u);
    BOOST_TEST(argument.is_free());
  }
}

BOOST_AUTO_TEST_CASE(cancel_while_waiting)
{
  for (const auto type : every_cancellation) {
    asio::io_context context;
    gate closed(context);
    started<int> root(context, closed.pass());
    settle(context);
    root.cancel(type);
    BOOST_TEST(root.completions == 0u);
    settle(context);
    BOOST_TEST(root.completions == 1u);
    BOOST_TEST(root.yielded(errc::cancelled));
    root.cancel(type); // of a finished root: nothing
    settle(context);
    BOOST_TEST(root.completions == 1u);
  }
}

// A value is never thrown away for a cancel: the operation had finished, its handler was queued.
BOOST_AUTO_TEST_CASE(cancel_that_meets_a_queued_handler_keeps_the_value)
{
  for (const auto type : every_cancellation) {
    asio::io_context context;
    gate opened(context);
    started<int> root(context, opened.pass());
    settle(context);
    asio::post(context, [&] {
      opened.open();
      root.cancel(type); // on the executor itself: arrives between the post and the handler
    });
    settle(context);
    BOOST_TEST(root.completions == 1u);
    BOOST_REQUIRE(root.yielded_value());
    BOOST_TEST(root.outcome->value() == 7);
  }
}

BOOST_AUTO_TEST_CASE(the_same_cancel_twice_and_none)
{
  asio::io_context context;
  gate closed(context);
  started<int> root(context, closed.pass());
  settle(context);
  root.cancel(cancels::none); // Asio's states would overwrite a recorded cancel with it
  settle(context);
  BOOST_TEST(!root.is_over());
  root.cancel(cancels::total);
  root.cancel(cancels::terminal);
  root.cancel(cancels::none);
  settle(context);
  BOOST_TEST(root.completions == 1u);
  BOOST_TEST(root.yielded(errc::cancelled));
}

namespace {
task<int> cancels_itself(started<int>*& root, cancels type, gate& closed)
{
  root->cancel(type);
  auto after = co_await closed.pass(); // must not suspend: nobody would ever emit again
  co_return std::move(after);
}
} // namespace

// With a plain co_spawn this loses the handler: the entry point's last post throws.
BOOST_AUTO_TEST_CASE(cancel_of_itself_without_a_suspension)
{
  for (const auto type : every_cancellation) {
    asio::io_context context;
    gate closed(context);
    started<int>* self = nullptr;
    started<int> root(context, cancels_itself(self, type, closed));
    self = &root;
    context.run();
    BOOST_TEST(root.completions == 1u);
    BOOST_TEST(root.yielded(errc::cancelled));
    BOOST_TEST(closed.started() == 0u);
  }
}

BOOST_AUTO_TEST_CASE(the_handler_may_destroy_its_signal)
{
  asio::io_context context;
  gate closed(context);
  auto signal = std::make_unique<asio::cancellation_signal>();
  bool called = false;
  linx::spawn(context, closed.pass(), asio::bind_cancellation_slot(signal->slot(), [&](const result<int>&) {
                called = true;
                BOOST_TEST(!signal->slot().has_handler());
                signal.reset();
              }));
  settle(context);
  signal->emit(cancels::terminal);
  context.run();
  BOOST_TEST(called);
}

BOOST_AUTO_TEST_CASE(handler_runs_on_its_own_executor)
{
  asio::io_context home, elsewhere;
  bool called = false;
  linx::spawn(home, posted(1),
              asio::bind_executor(elsewhere.get_executor(), [&](const result<int>&) { called = true; }));
  home.run();
  BOOST_TEST(!called);
  elsewhere.run();
  BOOST_TEST(called);
}

// Neither the handler nor the arguments may be left behind, and the token's signal may live on.
BOOST_AUTO_TEST_CASE(context_destroyed_with_a_waiting_root)
{
  probe argument, handler;
  asio::cancellation_signal signal;
  {
    auto context = std::make_unique<asio::io_context>();
    gate closed(*context);
    linx::spawn(linx::executor(asio::make_strand(*context)), closed.pass(argument.hold()),
                asio::bind_cancellation_slot(signal.slot(), [held = handler.hold()](const result<int>&) {
                  BOOST_ERROR("called although its context is gone");
                }));
    settle(*context);
    context.reset();
    BOOST_TEST(argument.is_free());
    BOOST_TEST(handler.is_free());
  }
  signal.emit(cancels::terminal); // finds nothing, touches nothing
}

// The emission may come from any thread while the root runs; the handler still comes exactly once.
BOOST_AUTO_TEST_CASE(emission_from_another_thread)
{
  for (int round = 0; round < 50; ++round) {
    asio::io_context context;
    gate closed(context);
    started<int> root(context, closed.pass());
    settle(context);
    std::thread emitter([&root, round] { root.cancel(every_cancellation[round % 3]); });
    context.restart();
    while (!root.is_over()) {
      context.run_for(std::chrono::milliseconds(1));
      context.restart();
    }
    emitter.join();
    BOOST_TEST(root.completions == 1u);
    BOOST_TEST(root.yielded(errc::cancelled));
  }
}

BOOST_AUTO_TEST_CASE(emission_from_a_strand_on_a_pool)
{
  asio::thread_pool pool(2);
  for (int round = 0; round < 50; ++round) {
    linx::executor strand = asio::make_strand(pool.get_executor());
    asio::cancellation_signal signal;
    gate closed(strand);
    std::promise<bool> cancelled;
    auto answer = cancelled.get_future();
    asio::post(strand, [&] {
      linx::spawn(strand, closed.pass(), asio::bind_cancellation_slot(signal.slot(), [&](result<int> r) {
                    cancelled.set_value(r.has_error() && r.error() == errc::cancelled);
                  }));
      asio::post(strand, [&] { signal.emit(cancels::partial); });
    });
    BOOST_TEST(answer.get());
    // The gate closes on its own executor.
    std::promise<void> closing;
    asio::post(strand, [&] {
      closed.close();
      closing.set_value();
    });
    closing.get_future().wait();
  }
  pool.join();
}

namespace {

task<> many_turns()
{
  for (int n = 0; n < 20; ++n) co_await asio::post(asio::deferred);
  co_return linx::success();
}

} // namespace

// A cancel is repeated by a timer, and the first timer of a context takes descriptors.
BOOST_AUTO_TEST_CASE(a_cancel_without_descriptors_for_a_timer)
{
  asio::io_context context(1);
  asio::cancellation_signal signal;
  int completed = 0;
  const no_descriptors none;
  linx::spawn(context, many_turns(), asio::bind_cancellation_slot(signal.slot(), [&](const result<>& ended) {
                completed += !!ended;
              }));
  linx::spawn(context, linx::first_of(nothing(), many_turns()), [&](const auto& won) { completed += !!won; });
  context.run_one();
  context.run_one();
  signal.emit(cancels::total);
  context.run();
  BOOST_TEST(completed == 2);
}

BOOST_AUTO_TEST_SUITE_END()
