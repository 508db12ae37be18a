// Parking without a timer: order, cancellation, and the cycle between a waiter and its own frame.
#include "core/operations.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>

#include <deque>
#include <vector>

BOOST_AUTO_TEST_SUITE(core_waiter)

using namespace linx::test;
using linx::errc;
using linx::task;
using linx::detail::wait_list;
using linx::detail::waiter;
using linx::detail::wake_reason;
namespace asio = boost::asio;

namespace {

task<int> park(wait_list& list, std::vector<int>& order, int name)
{
  waiter waiting(list);
  co_await waiting.park();
  order.push_back(name);
  co_return waiting.reason() == wake_reason::woken ? 1 : 2;
}

} // namespace

BOOST_AUTO_TEST_CASE(wakes_in_the_order_of_arrival)
{
  asio::io_context context;
  wait_list list;
  std::vector<int> order;
  std::deque<started<int>> roots;
  for (int name = 0; name < 4; ++name) roots.emplace_back(context, park(list, order, name));
  settle(context);
  BOOST_TEST(!list.empty());
  list.wake_one();
  BOOST_TEST(order.empty()); // never on the waker's stack
  settle(context);
  BOOST_TEST(order == std::vector<int>({0}), boost::test_tools::per_element());
  list.wake_all();
  settle(context);
  BOOST_TEST(order == std::vector<int>({0, 1, 2, 3}), boost::test_tools::per_element());
  BOOST_TEST(list.empty());
  list.wake_one();
  list.wake_all();
}

BOOST_AUTO_TEST_CASE(cancel_takes_one_out_of_the_middle)
{
  asio::io_context context;
  wait_list list;
  std::vector<int> order;
  std::deque<started<int>> roots;
  for (int name = 0; name < 3; ++name) roots.emplace_back(context, park(list, order, name));
  settle(context);
  roots[1].cancel(cancels::partial);
  settle(context);
  BOOST_TEST(order == std::vector<int>({1}), boost::test_tools::per_element());
  BOOST_TEST(roots[1].outcome->value() == 2);
  list.wake_all();
  settle(context);
  BOOST_TEST(order == std::vector<int>({1, 0, 2}), boost::test_tools::per_element());
}

// A wake-up that was given to a waiter is not overwritten by a cancel that comes while its handler is queued.
BOOST_AUTO_TEST_CASE(first_reason_stays)
{
  asio::io_context context;
  wait_list list;
  std::vector<int> order;
  started<int> woken(context, park(list, order, 0)), cancelled(context, park(list, order, 1));
  settle(context);
  asio::post(context, [&] {
    list.wake_one();
    woken.cancel();
    cancelled.cancel(); // emitted on the executor itself it arrives at once
    list.wake_all();
  });
  settle(context);
  BOOST_TEST(woken.outcome->value() == 1);
  BOOST_TEST(cancelled.outcome->value() == 2);
}

namespace {
task<int> park_owning(std::shared_ptr<wait_list> list, std::shared_ptr<int> held)
{
  waiter waiting(*list);
  co_await waiting.park();
  co_return *held;
}
} // namespace

// The list lives in a frame that lives in the list. drop() must let go of everything, also where the
// destruction of one frame takes other waiters with it.
BOOST_AUTO_TEST_CASE(drop_breaks_the_cycle)
{
  probe argument;
  auto context = std::make_unique<asio::io_context>();
  auto list = std::make_shared<wait_list>();
  for (int n = 0; n < 5; ++n)
    linx::spawn(*context, park_owning(list, argument.hold()), [](const linx::result<int>&) {});
  settle(*context);
  list->drop();
  BOOST_TEST(list->empty());
  settle(*context);
  BOOST_TEST(argument.is_free());
  BOOST_TEST(list.use_count() == 1);
  context.reset();
}

BOOST_AUTO_TEST_SUITE_END()
