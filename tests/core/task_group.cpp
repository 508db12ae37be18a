// task_group: tasks that are started one by one, and whose end is awaited, or brought about, together.
#include "core/operations.hpp"
#include "harness/run.hpp"

#include <linx/core/all_of.hpp>
#include <linx/core/task_group.hpp>
#include <linx/core/with_timeout.hpp>

#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <optional>
#include <thread>

BOOST_AUTO_TEST_SUITE(core_task_group)

using namespace linx::test;
using namespace std::chrono_literals;
using linx::errc;
using linx::result;
using linx::task;
using linx::task_group;
namespace asio = boost::asio;

namespace {

task<> counted(int& counter, std::shared_ptr<int> = std::shared_ptr<int>())
{
  LINX_TRYV(co_await posted(1));
  ++counter;
  co_return linx::success();
}

} // namespace

BOOST_AUTO_TEST_CASE(waits_for_all)
{
  asio::io_context context;
  task_group group(context);
  BOOST_TEST(run(context, group.wait()).has_value()); // of nobody
  int ended = 0;
  for (int n = 0; n != 100; ++n) group.spawn(counted(ended));
  group.spawn(number(4));
  group.spawn(make_stubborn());
  BOOST_TEST(group.size() == 102u);
  BOOST_TEST(ended == 0);
  BOOST_TEST(run(context, group.wait()).has_value());
  BOOST_TEST(ended == 100);
  BOOST_TEST(group.size() == 0u);
  group.spawn(counted(ended)); // it goes on to be one
  BOOST_TEST(run(context, group.wait()).has_value());
  BOOST_TEST(ended == 101);
}

BOOST_AUTO_TEST_CASE(the_first_failure_stops_the_others)
{
  asio::io_context context;
  probe argument;
  gate never(context), fails(context);
  task_group group(context);
  for (int n = 0; n != 3; ++n) group.spawn(never.pass(argument.hold()));
  group.spawn(fails.pass());
  started<void> waiting(context, group.wait());
  settle(context);
  BOOST_TEST(!waiting.is_over());
  fails.close();
  settle(context);
  BOOST_TEST(waiting.yielded(errc::closed));
  BOOST_TEST(never.cancelled() == 3u);
  BOOST_TEST(argument.is_free());
  group.spawn(never.pass(argument.hold())); // none is started any more
  BOOST_TEST((run(context, group.wait()).error() == errc::closed));
  BOOST_TEST(never.started() == 3u);
  BOOST_TEST(argument.is_free());
}

BOOST_AUTO_TEST_CASE(each_on_its_own)
{
  asio::io_context context;
  gate door(context);
  task_group group(context, task_group::on_failure::go_on);
  group.spawn(door.pass());
  group.spawn(failing(errc::conflict));
  group.spawn(throwing());
  started<void> waiting(context, group.wait());
  settle(context);
  BOOST_TEST(!waiting.is_over());
  BOOST_TEST(group.size() == 1u);
  door.open();
  settle(context);
  BOOST_TEST(waiting.yielded(errc::conflict)); // the first one
  int ended = 0;
  group.spawn(counted(ended));
  settle(context);
  BOOST_TEST(ended == 1);
}

BOOST_AUTO_TEST_CASE(an_exception_is_a_failure)
{
  asio::io_context context;
  gate never(context);
  task_group group(context);
  group.spawn(never.pass());
  group.spawn(throwing());
  BOOST_TEST((run(context, group.wait()).error() == errc::exception));
  BOOST_TEST(never.cancelled() == 1u);
}

BOOST_AUTO_TEST_CASE(cancels_all)
{
  asio::io_context context;
  probe argument;
  gate never(context);
  task_group group(context);
  for (int n = 0; n != 3; ++n) group.spawn(never.pass(argument.hold()));
  settle(context);
  group.spawn(never.pass(argument.hold())); // on its way
  group.cancel();
  group.spawn(never.pass(argument.hold())); // too late
  BOOST_TEST((run(context, group.wait()).error() == errc::cancelled));
  BOOST_TEST(never.started() <= 4u);
  BOOST_TEST(never.cancelled() == never.started());
  BOOST_TEST(argument.is_free());
}

// The tasks go on, whoever waits for them no more.
BOOST_AUTO_TEST_CASE(a_cancelled_wait)
{
  for (const auto type : every_cancellation) {
    asio::io_context context;
    gate door(context);
    task_group group(context);
    group.spawn(door.pass());
    started<void> first(context, group.wait()), second(context, group.wait());
    settle(context);
    first.cancel(type);
    settle(context);
    BOOST_TEST(first.yielded(errc::cancelled));
    BOOST_TEST(!second.is_over());
    BOOST_TEST(door.cancelled() == 0u);
    door.open();
    settle(context);
    BOOST_TEST(second.yielded_value());
  }
}

BOOST_AUTO_TEST_CASE(dropping_it_cancels)
{
  asio::io_context context;
  probe argument;
  gate never(context);
  std::optional<task_group> group;
  group.emplace(context);
  group->spawn(never.pass(argument.hold()));
  started<void> waiting(context, group->wait());
  settle(context);
  group.reset();
  settle(context);
  BOOST_TEST(never.cancelled() == 1u);
  BOOST_TEST(waiting.yielded(errc::closed));
  BOOST_TEST(argument.is_free());

  task_group first(context), second(context);
  first.spawn(never.pass(argument.hold()));
  second.spawn(never.pass(argument.hold()));
  settle(context);
  first = std::move(second);
  settle(context);
  BOOST_TEST(never.cancelled() == 2u);
  BOOST_TEST(first.size() == 1u);
}

// Not inside the call, where its caller may hold what it needs.
BOOST_AUTO_TEST_CASE(begins_after_the_call)
{
  asio::io_context context;
  const auto strand = asio::make_strand(context);
  task_group group(strand);
  gate door(linx::executor{strand});
  unsigned at_once = 7;
  asio::post(strand, [&] {
    group.spawn(door.pass());
    at_once = door.started();
    group.cancel(); // before it has begun
  });
  settle(context);
  BOOST_TEST(at_once == 0u);
  BOOST_TEST(door.started() == 0u);
  BOOST_TEST(group.size() == 0u);
}

// One that ends while the others are being told, and one that starts another.
BOOST_AUTO_TEST_CASE(what_happens_inside)
{
  asio::io_context context;
  const auto strand = asio::make_strand(context);
  task_group group(strand);
  gate door(linx::executor{strand});
  int ended = 0;
  const auto starts = [](task_group& into, int& counter) -> task<> {
    for (int n = 0; n != 10; ++n) into.spawn(counted(counter));
    into.spawn(counted(counter));
    co_return linx::success();
  };
  group.spawn(starts(group, ended));
  BOOST_TEST(run(context, group.wait()).has_value());
  BOOST_TEST(ended == 11);
  const auto cancels_it = [](task_group& own, gate& at) -> task<> {
    own.cancel();
    LINX_TRYV(co_await at.pass());
    co_return linx::success();
  };
  group.spawn(door.pass());
  group.spawn(cancels_it(group, door));
  BOOST_TEST((run(context, group.wait()).error() == errc::cancelled));
  BOOST_TEST(door.cancelled() >= 1u);
}

// It lives on the strand of its caller, and its tasks never run beside him.
BOOST_AUTO_TEST_CASE(never_in_parallel)
{
  asio::thread_pool pool(4);
  std::atomic<int> beside = 0;
  int plain = 0; // of one strand: no lock
  const auto guarded = [](std::atomic<int>& inside, int& counter, std::atomic<bool>& wrong) -> task<> {
    for (int n = 0; n != 50; ++n) {
      if (++inside != 1) wrong = true;
      ++counter;
      --inside;
      co_await asio::post(asio::deferred);
    }
    co_return linx::success();
  };
  std::atomic<bool> wrong = false;
  task_group bare(pool);
  for (int n = 0; n != 20; ++n) bare.spawn(guarded(beside, plain, wrong));
  linx::spawn(asio::make_strand(pool.get_executor()), bare.wait(), [](result<>) {});
  pool.join();
  BOOST_TEST(!wrong);
  BOOST_TEST(plain == 1000);

  asio::thread_pool other(2);
  const auto strand = asio::make_strand(other.get_executor());
  bool at_home = false;
  task_group at(strand);
  const auto here = [](const asio::strand<asio::thread_pool::executor_type>& of, bool& is) -> task<> {
    is = of.running_in_this_thread();
    co_return linx::success();
  };
  at.spawn(here(strand, at_home));
  other.join();
  BOOST_TEST(at_home);
}

// From four threads at once, some of it cancelled: each task ends once, and who waits hears of it.
BOOST_AUTO_TEST_CASE(from_many_threads)
{
  for (int round = 0; round != 20; ++round) {
    asio::thread_pool pool(4);
    task_group group(pool, task_group::on_failure::go_on);
    std::atomic<int> ended = 0;
    const auto life = [](std::atomic<int>& counter, int n) -> task<> {
      const auto slept = co_await sleeping(n % 7 == 0 ? std::chrono::nanoseconds(1h) : 0ns);
      ++counter;
      if (!slept) co_return slept.error();
      co_return linx::success();
    };
    std::vector<std::thread> threads;
    for (int t = 0; t != 4; ++t)
      threads.emplace_back([&] {
        for (int n = 1; n != 60; ++n) group.spawn(life(ended, n));
      });
    for (auto& t : threads) t.join();
    group.cancel();
    std::optional<result<>> how;
    linx::spawn(asio::make_strand(pool.get_executor()), group.wait(), [&](result<> r) { how.emplace(r); });
    pool.join();
    BOOST_REQUIRE(how);
    BOOST_TEST((how->error() == errc::cancelled));
    BOOST_TEST(group.size() == 0u);
    BOOST_TEST(ended <= 4 * 59);
  }
}

// The context goes with tasks that wait for each other, and the group goes later.
BOOST_AUTO_TEST_CASE(the_end_of_the_context)
{
  probe argument;
  std::optional<task_group> group;
  {
    asio::io_context context;
    gate never(context);
    group.emplace(context);
    group->spawn(never.pass(argument.hold()));
    const auto waits = [](task_group& of, std::shared_ptr<int>) -> task<> { co_return co_await of.wait(); };
    group->spawn(waits(*group, argument.hold())); // for itself
    linx::spawn(context, waits(*group, argument.hold()), [](result<>) {});
    settle(context);
    group->spawn(never.pass(argument.hold())); // on its way
    BOOST_TEST(!argument.is_free());
  }
  BOOST_TEST(argument.is_free());
  group->spawn(number(1));
  group->cancel();
  BOOST_TEST((run(group->wait()).error() == errc::closed));
  group.reset();
}

BOOST_AUTO_TEST_SUITE_END()
