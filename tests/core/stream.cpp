// Streams and the queue behind most of them: nothing is lost, nothing hangs, one reader.
#include "core/operations.hpp"
#include "core/queue.hpp"
#include "harness/run.hpp"

#include <linx/core/stream.hpp>

#include <boost/asio/thread_pool.hpp>
#include <boost/test/unit_test.hpp>

#include <future>
#include <memory>

BOOST_AUTO_TEST_SUITE(core_stream)

using namespace linx::test;
using linx::errc;
using linx::result;
using linx::stream;
using linx::task;
namespace asio = boost::asio;

namespace {

using source = linx::detail::queue_source<int>;
using value = std::optional<int>;

std::shared_ptr<source> make_queue(asio::io_context& context)
{
  return linx::detail::make_state<source>(context.get_executor());
}

task<value> read(stream<int>& values)
{
  auto next = co_await values.next();
  co_return std::move(next);
}

task<int> count(stream<int>& values)
{
  int seen = 0;
  for (;;) {
    LINX_TRY(auto next, co_await values.next());
    if (!next) break;
    ++seen;
  }
  co_return seen;
}

} // namespace

static_assert(!std::is_copy_constructible_v<stream<int>> &&
              std::is_nothrow_move_constructible_v<stream<int>>);

BOOST_AUTO_TEST_CASE(yields_in_order_and_ends)
{
  asio::io_context context;
  auto queue = make_queue(context);
  stream<int> values(queue);
  queue->push(1);
  queue->push(2);
  queue->finish();
  queue->push(3); // after the end: not delivered
  BOOST_TEST(run(context, values.next()).value().value() == 1);
  BOOST_TEST(run(context, values.next()).value().value() == 2);
  BOOST_TEST(!run(context, values.next()).value().has_value());
  BOOST_TEST(!run(context, values.next()).value().has_value());
}

BOOST_AUTO_TEST_CASE(a_push_wakes_the_reader)
{
  asio::io_context context;
  auto queue = make_queue(context);
  stream<int> values(queue);
  started<value> root(context, read(values));
  settle(context);
  BOOST_TEST(!root.is_over());
  queue->push(5);
  settle(context);
  BOOST_REQUIRE(root.yielded_value());
  BOOST_TEST(root.outcome->value().value() == 5);
}

BOOST_AUTO_TEST_CASE(values_before_an_error_are_delivered_then_the_error_stays)
{
  asio::io_context context;
  auto queue = make_queue(context);
  stream<int> values(queue);
  queue->push(1);
  queue->fail(linx::error(errc::protocol, linx::stage::receive));
  queue->fail(errc::conflict); // the first one counts
  BOOST_TEST(run(context, values.next()).value().value() == 1);
  for (int n = 0; n < 2; ++n) {
    const auto failed = run(context, values.next());
    BOOST_REQUIRE(failed.has_error());
    BOOST_TEST((failed.error() == errc::protocol));
  }
}

BOOST_AUTO_TEST_CASE(error_ends_a_pending_next)
{
  asio::io_context context;
  auto queue = make_queue(context);
  stream<int> values(queue);
  started<value> root(context, read(values));
  settle(context);
  queue->fail(errc::protocol);
  settle(context);
  BOOST_TEST(root.yielded(errc::protocol));
}

BOOST_AUTO_TEST_CASE(dropping_the_stream_ends_a_pending_next)
{
  asio::io_context context;
  auto queue = make_queue(context);
  std::optional<stream<int>> values(std::in_place, queue);
  started<value> root(context, values->next());
  settle(context);
  values.reset(); // on a thread that does not run the context: closed there, in its next turn
  settle(context);
  BOOST_TEST(queue->is_closed());
  BOOST_TEST(root.yielded(errc::closed));
  queue->push(1);
  BOOST_TEST(queue->queued_bytes() == 0u);
}

BOOST_AUTO_TEST_CASE(cancelling_the_stream_is_the_same)
{
  asio::io_context context;
  auto queue = make_queue(context);
  stream<int> values(queue);
  started<value> root(context, values.next());
  settle(context);
  values.cancel();
  BOOST_TEST(!values);
  settle(context);
  BOOST_TEST(root.yielded(errc::closed));
  BOOST_TEST((run(context, values.next()).error() == errc::closed));
}

BOOST_AUTO_TEST_CASE(assignment_closes_the_old_source_and_self_assignment_nothing)
{
  asio::io_context context;
  auto first = make_queue(context), second = make_queue(context);
  stream<int> values(first);
  values = stream<int>(second);
  settle(context);
  BOOST_TEST(first->is_closed());
  auto& same = values;
  values = std::move(same);
  settle(context);
  BOOST_TEST(!second->is_closed());
}

// Cancelling one next() loses no value, whichever comes first: the push or the cancel.
BOOST_AUTO_TEST_CASE(cancelled_next_loses_nothing)
{
  for (const auto type : every_cancellation) {
    for (const bool push_first : {false, true}) {
      asio::io_context context;
      auto queue = make_queue(context);
      stream<int> values(queue);
      started<value> root(context, read(values));
      settle(context);
      asio::post(context, [&] {
        if (push_first) queue->push(1);
        root.cancel(type);
        if (!push_first) queue->push(1);
      });
      settle(context);
      BOOST_TEST(root.completions == 1u);
      int seen = 0;
      if (root.yielded_value())
        seen = root.outcome->value().value();
      else
        BOOST_TEST(root.yielded(errc::cancelled));
      queue->push(2);
      queue->finish();
      if (seen == 0) BOOST_TEST(run(context, values.next()).value().value() == 1);
      BOOST_TEST(run(context, values.next()).value().value() == 2);
    }
  }
}

BOOST_AUTO_TEST_CASE(second_reader_is_refused)
{
  asio::io_context context;
  auto queue = make_queue(context);
  stream<int> values(queue);
  started<value> first(context, values.next()), second(context, values.next());
  settle(context);
  BOOST_TEST(!first.is_over());
  BOOST_TEST(second.yielded(errc::not_ready));
  queue->push(1);
  settle(context);
  BOOST_TEST(first.yielded_value());
  queue->push(2);
  BOOST_TEST(run(context, values.next()).value().value() == 2); // a refusal spoils nothing
}

BOOST_AUTO_TEST_CASE(bytes_are_accounted)
{
  asio::io_context context;
  auto queue = make_queue(context);
  stream<int> values(queue);
  queue->push(1, 100);
  queue->push(2, 50);
  BOOST_TEST(queue->queued_bytes() == 150u);
  BOOST_TEST(run(context, values.next()).has_value());
  BOOST_TEST(queue->queued_bytes() == 50u);
  values.cancel();
  settle(context);
  BOOST_TEST(queue->queued_bytes() == 0u);
}

// A full queue is a hot loop of immediate completions: others must have their turn, and a cancel its effect.
BOOST_AUTO_TEST_CASE(draining_a_full_queue_is_fair)
{
  asio::io_context context;
  auto queue = make_queue(context);
  stream<int> values(queue);
  for (int n = 0; n < 10000; ++n) queue->push(n);
  queue->finish();
  started<int> root(context, count(values));
  unsigned turns = 0;
  while (!root.is_over() && context.run_one() != 0) ++turns;
  BOOST_TEST(turns > 10000u / 64u);
  BOOST_TEST(root.outcome->value() == 10000);
}

BOOST_AUTO_TEST_CASE(move_only_values)
{
  using owning = linx::detail::queue_source<std::unique_ptr<int>>;
  asio::io_context context;
  auto queue = linx::detail::make_state<owning>(context.get_executor());
  stream<std::unique_ptr<int>> values(queue);
  queue->push(std::make_unique<int>(3));
  auto next = run(context, values.next());
  BOOST_REQUIRE(next.has_value());
  BOOST_TEST(**next.value() == 3);
}

// The reader is on one context, the source on another with a thread of its own.
BOOST_AUTO_TEST_CASE(reader_on_another_executor)
{
  asio::thread_pool there(1);
  asio::io_context here;
  auto queue = linx::detail::make_state<source>(linx::executor(there.get_executor()));
  stream<int> values(queue);
  for (int n = 0; n < 100; ++n)
    asio::post(there, [&queue, n] {
      queue->push(n);
      if (n == 99) queue->finish();
    });
  BOOST_TEST(run(here, count(values)).value() == 100);
  there.join();
}

BOOST_AUTO_TEST_SUITE_END()
