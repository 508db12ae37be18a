// Hosts with several threads: contexts of their own that start their spawners at once, and handles that end
// on other threads than they began, before their context and after it. One context on several threads is in
// consumer.kernel.cpp.

#include "process/fault_life.hpp"

#include "harness/namespaces.hpp"

#include <linx/core/spawn.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/strand.hpp>

#include <atomic>
#include <barrier>
#include <mutex>
#include <thread>

BOOST_AUTO_TEST_SUITE(process_threads_kernel)

using namespace linx;
using namespace linx::test;
using namespace std::chrono_literals;

namespace {

task<> some_lives()
{
  for (int i = 0; i != 6; ++i) {
    auto options = shell("exit 7").auto_proceed(i % 2 == 0);
    if (i % 3 == 0) options.unshare("user,pid");
    LINX_TRY(const auto end, co_await run_to_end(std::move(options)));
    if (outcome_text(end.status) != "exited 7") co_return wrong(outcome_text(end.status));
  }
  co_return success();
}

} // namespace

// Each context has its spawner, and all are started at the same moment: no descriptor of one may get into the
// children of another, and none is left.
BOOST_AUTO_TEST_CASE(several_contexts_at_once)
{
  constexpr int count = 4;
  const auto before = open_descriptors();
  std::barrier start(count);
  std::array<std::string, count> complaints;
  std::vector<std::thread> threads;
  for (auto& complaint : complaints)
    threads.emplace_back([&start, &complaint] {
      try {
        for (int round = 0; round != 3; ++round) {
          start.arrive_and_wait();
          asio::io_context context(1);
          complaint += why(test::run(context, some_lives()));
        }
      } catch (const std::exception& e) {
        complaint += e.what();
        start.arrive_and_drop();
      }
    });
  for (auto& t : threads) t.join();
  for (const auto& complaint : complaints) BOOST_TEST(complaint == "");
  BOOST_TEST(open_descriptors() == before);
}

// The destructor of a handle is the one member that any thread may run, while the context runs elsewhere.
BOOST_AUTO_TEST_CASE(handles_dropped_on_another_thread)
{
  asio::io_context context(1);
  std::vector<process> handles;
  for (int i = 0; i != 8; ++i)
    handles.push_back(
        test::run(context, i % 2 ? spawn_running(long_sleep()) : spawn_parked(long_sleep())).value());
  const pid_t spawner = spawner_of(handles.front());
  std::vector<pid_t> pids;
  for (const auto& child : handles) pids.push_back(child.host_pid().value());
  auto work = asio::make_work_guard(context);
  context.restart();
  std::thread runner([&context] { context.run(); });
  handles.clear();
  const auto deadline = std::chrono::steady_clock::now() + 8s;
  while (!children_of(spawner).empty() && std::chrono::steady_clock::now() < deadline) ::usleep(1000);
  BOOST_TEST(children_of(spawner).empty());
  work.reset();
  context.stop();
  runner.join();
}

// A handle, its stream and its terminal that outlive their context, destroyed by a thread that never knew it.
BOOST_AUTO_TEST_CASE(handles_destroyed_after_their_context_on_another_thread)
{
  const auto before = open_descriptors();
  struct belongings {
    process child;
    stream<process_event> events;
    std::optional<pty> terminal;
  };
  std::vector<belongings> all;
  std::vector<pid_t> pids;
  {
    asio::io_context context(1);
    for (int i = 0; i != 6; ++i) {
      auto options = long_sleep();
      if (i % 3 == 0) options.terminal(io::window_size(24, 80));
      auto child =
          test::run(context, i % 2 ? spawn_running(std::move(options)) : spawn_parked(std::move(options)))
              .value();
      pids.push_back(child.host_pid().value());
      auto events = child.events();
      auto terminal = child.terminal();
      std::optional<pty> kept;
      if (terminal) kept.emplace(std::move(terminal).value());
      all.push_back({std::move(child), std::move(events), std::move(kept)});
    }
  }
  std::thread other([all = std::move(all)]() mutable {
    for (auto& one : all) (void)one.child.info(); // as it was last seen
    all.clear();
  });
  other.join();
  for (const pid_t pid : pids) run_body(dead(pid));
  BOOST_TEST(open_descriptors() == before);
}

// One context on four threads, a crowd on many strands: what one thread reads of a child must not overtake
// what another has read of it before. It told a few in ten thousand that their program never ran.
BOOST_AUTO_TEST_CASE(records_of_a_child_keep_their_order)
{
  asio::io_context context(4);
  std::atomic<int> good = 0;
  std::mutex mutex;
  std::string complaint;
  const auto lane = [](std::atomic<int>& counter) -> task<> {
    for (int i = 0; i != 150; ++i) {
      auto options = process_options("/bin/true").auto_proceed();
      LINX_TRY(auto child, co_await process::spawn(std::move(options)));
      LINX_TRY(const auto how, co_await child.wait());
      if (!how.success()) co_return wrong(to_string(how));
      ++counter;
    }
    co_return success();
  };
  for (int n = 0; n != 32; ++n)
    linx::spawn(asio::make_strand(context.get_executor()), lane(good), [&](result<> how) {
      const std::scoped_lock lock(mutex);
      complaint += why(how);
    });
  std::vector<std::thread> threads;
  for (int n = 0; n != 4; ++n) threads.emplace_back([&context] { context.run(); });
  for (auto& t : threads) t.join();
  BOOST_TEST(complaint == "");
  BOOST_TEST(good == 32 * 150);
}

BOOST_AUTO_TEST_SUITE_END()
