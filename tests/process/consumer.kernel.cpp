// Hosts that are not as tidy as a test: they ignore SIGCHLD, reap everything, run four threads, drop
// privilege, or let go of an io_context with children on it.

#include "process/support.hpp"

#include "harness/namespaces.hpp"
#include "process/spawner_client.hpp"

#include <linx/core/all_of.hpp>
#include <linx/core/spawn.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/strand.hpp>

#include <atomic>
#include <cstdio>
#include <grp.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>

BOOST_AUTO_TEST_SUITE(process_consumer_kernel)

using namespace linx;
using namespace linx::test;

namespace {

/// The exit code of `exit 7`, or -1.
int seven()
{
  const auto end = test::run(run_to_end(shell("exit 7")));
  if (!end) std::fprintf(stderr, "%s\n", why(end).c_str());
  return end ? end.value().status.code() : -1;
}

task<> lives_on_a_strand(std::atomic<int>& good, bool automatic)
{
  auto options = shell("exit 7").unshare("pid,user").auto_proceed(automatic);
  LINX_TRY(auto child, co_await process::spawn(std::move(options)));
  auto events = child.events();
  LINX_TRYV(co_await child.ready());
  if (!automatic) {
    LINX_TRYV(co_await child.no_new_privs());
    LINX_TRYV(co_await child.proceed());
  }
  LINX_TRY(const auto how, co_await child.wait());
  int seen = 0;
  for (;;) {
    LINX_TRY(const auto event, co_await events.next());
    if (!event) break;
    ++seen;
  }
  if (how == exit_status::exited(7) && seen == 3) ++good;
  co_return success();
}

/// Five rounds of lives on one strand.
task<> several_lives(std::atomic<int>& good)
{
  for (int i = 0; i != 5; ++i) {
    LINX_TRYV(co_await lives_on_a_strand(good, i % 2 == 0));
  }
  co_return success();
}

pid_t spawner_of(const process& child)
{
  return std::stoi(status_field(child.host_pid().value(), "PPid"));
}

} // namespace

BOOST_AUTO_TEST_CASE(sigchld_ignored)
{
  const int code = run_in_child([] {
    ::signal(SIGCHLD, SIG_IGN); // the kernel would throw away the status of a child of this process
    return seven();
  });
  BOOST_TEST(code == 7);
}

BOOST_AUTO_TEST_CASE(a_thread_that_reaps_everything)
{
  const int code = run_in_child([] {
    std::atomic<bool> stop{false};
    std::atomic<int> stolen{0};
    std::thread reaper([&] {
      while (!stop)
        if (::waitpid(-1, nullptr, WNOHANG) > 0) ++stolen;
    });
    int good = 0;
    for (int i = 0; i != 20; ++i) good += seven() == 7; // a context, and so a spawner, for each
    stop = true;
    reaper.join();
    return good == 20 && stolen == 0 ? 0 : 1;
  });
  BOOST_TEST(code == 0);
}

// while (wait(0) > 0): it must end although spawner and child live.
BOOST_AUTO_TEST_CASE(a_wait_loop_ends)
{
  const int code = run_in_child([] {
    asio::io_context context(1);
    auto child = test::run(context, spawn_running(process_options("/bin/sleep").arg("1000")));
    if (!child) return 1;
    if (::waitpid(-1, nullptr, __WALL) != -1 || errno != ECHILD) return 2;
    if (!child.value().signal(SIGTERM)) return 3;
    const auto how = test::run(context, child.value().wait());
    if (::wait(nullptr) != -1 || errno != ECHILD) return 4;
    return how && how.value() == exit_status::signaled(SIGTERM, false) ? 0 : 5;
  });
  BOOST_TEST(code == 0);
}

// One context on four threads, each child on a strand of its own; the spawner is shared by all.
BOOST_AUTO_TEST_CASE(four_threads)
{
  constexpr int strands = 24;
  asio::io_context context(4);
  std::atomic<int> good{0}, ended{0};
  for (int i = 0; i != strands; ++i) {
    auto note = [&](result<> how) {
      if (!how) std::fprintf(stderr, "%s\n", why(how).c_str());
      ++ended;
    };
    linx::spawn(asio::make_strand(context), several_lives(good), note);
  }
  std::vector<std::thread> threads;
  // The link waits for records as long as the context stands, so run() would not return by itself.
  for (int i = 0; i != 4; ++i)
    threads.emplace_back([&] {
      const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
      while (ended != strands && std::chrono::steady_clock::now() < deadline)
        context.run_one_for(std::chrono::milliseconds(20));
    });
  for (auto& t : threads) t.join();
  BOOST_TEST(ended == strands);
  BOOST_TEST(good == strands * 5);
}

// Nothing ever runs with older, higher privilege: a spawner that was started by root serves root only.
task<> root_then_nobody()
{
  LINX_TRY(auto before, co_await spawn_running(process_options("/bin/sleep").arg("1000")));
  const pid_t as_root = spawner_of(before);
  if (!become_nobody()) co_return error::from_errno(EPERM, stage::ids);
  auto options = shell("id -u; id -g; id -G; grep -E '^Cap(Inh|Prm|Eff|Amb)' /proc/self/status");
  LINX_TRY(const auto after, co_await run_to_end(std::move(options)));
  if (after.output != "65534\n65534\n65534\nCapInh:\t0000000000000000\nCapPrm:\t0000000000000000\n"
                      "CapEff:\t0000000000000000\nCapAmb:\t0000000000000000\n") {
    std::fprintf(stderr, "%s", after.output.c_str());
    co_return error(errc::invalid);
  }
  auto sleeper = process_options("/bin/sleep").arg("1000");
  LINX_TRY(auto late, co_await spawn_running(std::move(sleeper)));
  if (spawner_of(late) == as_root) co_return error(errc::conflict);
  // The child of the old spawner lives, and the kernel does not let nobody kill it.
  const auto refused = before.signal(SIGKILL);
  if (refused || refused.error().errnum() != EPERM) co_return error(errc::invalid);
  if (before.info().state != process_state::running) co_return error(errc::invalid);
  co_return success();
}

BOOST_AUTO_TEST_CASE(privilege_dropped_between_two_spawns)
{
  if (::geteuid() != 0) {
    BOOST_TEST_MESSAGE("skipped: takes root to drop it");
    return;
  }
  const int code = run_in_child([] {
    const auto done = test::run(root_then_nobody());
    if (!done) std::fprintf(stderr, "%s\n", why(done).c_str());
    return done ? 0 : 1;
  });
  BOOST_TEST(code == 0);
}

BOOST_AUTO_TEST_CASE(no_new_privs_and_bounding_set_between_two_spawns)
{
  for (const bool bounding : {false, true}) {
    if (bounding && ::geteuid() != 0) continue;
    const int code = run_in_child([bounding] {
      asio::io_context context(1);
      auto first = test::run(context, spawn_running(process_options("/bin/sleep").arg("1000")));
      if (!first) return 1;
      if (bounding ? ::prctl(PR_CAPBSET_DROP, 0, 0, 0, 0) != 0
                   : ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return 2;
      auto second = test::run(context, spawn_running(process_options("/bin/sleep").arg("1000")));
      if (!second) return 3;
      const pid_t pid = second.value().host_pid().value();
      for (const char* field : {"NoNewPrivs", "CapBnd"})
        if (status_field(pid, field) != status_field(::getpid(), field)) return 4;
      return spawner_of(first.value()) != spawner_of(second.value()) ? 0 : 5;
    });
    BOOST_TEST(code == 0);
  }
}

// A user namespace with an identity map shows the same ids and capabilities; only its inode differs.
BOOST_AUTO_TEST_CASE(user_namespace_entered_between_two_spawns)
{
  const int code = run_in_child([] {
    asio::io_context context(1);
    auto first = test::run(context, spawn_running(process_options("/bin/sleep").arg("1000")));
    if (!first) return 1;
    if (enter_fresh_user_network()) return child_skipped;
    auto second = test::run(context, spawn_running(process_options("/bin/sleep").arg("1000")));
    if (!second) return 2;
    const pid_t pid = second.value().host_pid().value();
    return ns_link(pid, "user") == ns_link(::getpid(), "user") &&
                   ns_link(pid, "net") == ns_link(::getpid(), "net")
               ? 0
               : 3;
  });
  BOOST_TEST((code == 0 || code == child_skipped), code);
}

// The io_context goes first, the handles after it: no descriptor, no child and no zombie is left.
BOOST_AUTO_TEST_CASE(handles_outlive_their_context)
{
  const auto before = open_descriptors();
  pid_t parked_pid = 0, running_pid = 0, spawner = 0;
  {
    std::optional<process> parked, running, starting;
    stream<process_event> events;
    {
      asio::io_context context(1);
      parked.emplace(test::run(context, spawn_parked(process_options("/bin/true"))).value());
      running.emplace(
          test::run(context, spawn_running(process_options("/bin/sleep")
                                               .arg("1000")
                                               .orphan(orphan_policy::kill(std::chrono::milliseconds(0)))))
              .value());
      starting.emplace(test::run(context, process::spawn(process_options("/bin/true"))).value());
      events = running->events();
      linx::spawn(context.get_executor(), running->wait(), asio::detached); // suspended when the context goes
      linx::spawn(context.get_executor(), events.next(), asio::detached);
      context.poll();
      parked_pid = parked->host_pid().value();
      running_pid = running->host_pid().value();
      spawner = spawner_of(*running);
    }
    BOOST_TEST((parked->info().state == process_state::ready)); // as it was last seen
    (void)running->signal(SIGTERM);                             // it may be gone already
  }
  BOOST_TEST(open_descriptors() == before);
  for (const pid_t pid : {parked_pid, running_pid, spawner}) run_body(dead(pid));
}

BOOST_AUTO_TEST_CASE(two_contexts_have_two_spawners)
{
  asio::io_context one(1), two(1);
  auto first = test::run(one, spawn_running(process_options("/bin/sleep").arg("1000")));
  auto second = test::run(two, spawn_running(process_options("/bin/sleep").arg("1000")));
  BOOST_REQUIRE(first);
  BOOST_REQUIRE(second);
  BOOST_TEST(spawner_of(first.value()) != spawner_of(second.value()));
}

BOOST_AUTO_TEST_SUITE_END()
