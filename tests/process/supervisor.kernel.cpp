// A supervisor and real processes: who runs, who comes back, and that nothing is left behind.

#include "process/stdio_support.hpp"
#include "process/supervisor_tree.hpp"

#include <linx/core/all_of.hpp>

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <fcntl.h>
#include <memory>

BOOST_AUTO_TEST_SUITE(process_supervisor_kernel)

using namespace linx;
using namespace linx::test;
using namespace std::chrono_literals;

namespace {

task<> order()
{
  supervisor_options options;
  for (const auto* id : {"a", "b", "c"}) options.add(sleeper(id));
  LINX_TRY(auto t, co_await tree::plant(options));
  auto events = t.root->events();
  std::vector<pid_t> pids;
  for (const auto* id : {"a", "b", "c"}) {
    LINX_TRY(const pid_t pid, co_await t.root->running(id));
    BOOST_TEST(alive(pid));
    pids.push_back(pid);
  }
  LINX_TRY(const auto how, co_await t.stopped());
  BOOST_TEST((how.why == errc::cancelled), how.why.message());
  for (const pid_t pid : pids) {
    LINX_TRYV(co_await gone(pid));
  }
  LINX_TRY(const auto told, co_await story(std::move(events)));
  const std::string killed = " ended: killed by signal 15 (SIGTERM)";
  BOOST_TEST(told == "a: running, b: running, c: running, c: stopping, c:" + killed +
                         ", b: stopping, b:" + killed + ", a: stopping, a:" + killed);
  BOOST_TEST((t.root->status().state == supervisor_state::ended));
  co_return success();
}

task<> comes_back()
{
  LINX_TRY(auto t, co_await tree::plant(supervisor_options().add(sleeper("a"))));
  LINX_TRY(const pid_t first, co_await t.root->running("a"));
  BOOST_REQUIRE(::kill(first, SIGKILL) == 0);
  while (t.child("a").restarts != 1) {
    LINX_TRYV(co_await pause_briefly());
  }
  LINX_TRY(const pid_t second, co_await t.root->running("a"));
  BOOST_TEST(second != first);
  BOOST_TEST(alive(second));
  BOOST_REQUIRE(t.child("a").last_outcome);
  BOOST_TEST((t.child("a").last_outcome->value() == exit_status::signaled(SIGKILL, false)));
  LINX_TRYV(co_await t.stopped());
  LINX_TRYV(co_await gone(second));
  co_return success();
}

task<> hundred()
{
  supervisor_options options;
  options.max_restarts(1000, 60s);
  for (int i = 0; i != 100; ++i) options.add(sleeper("child " + std::to_string(i)).parallel());
  LINX_TRY(auto t, co_await tree::plant(options));
  std::vector<pid_t> pids;
  for (int i = 0; i != 100; ++i) {
    LINX_TRY(const pid_t pid, co_await t.root->running("child " + std::to_string(i)));
    pids.push_back(pid);
  }
  // Each third is killed at the same time.
  for (std::size_t i = 0; i < 100; i += 3) BOOST_REQUIRE(::kill(pids[i], SIGKILL) == 0);
  for (int i = 0; i < 100; i += 3) {
    const auto id = "child " + std::to_string(i);
    while (t.child(id).restarts != 1) {
      LINX_TRYV(co_await pause_briefly());
    }
    LINX_TRY(const pid_t pid, co_await t.root->running(id));
    pids.push_back(pid);
  }
  LINX_TRYV(co_await t.stopped());
  for (const pid_t pid : pids) {
    LINX_TRYV(co_await gone(pid));
  }
  co_return success();
}

task<> crash_loop()
{
  supervisor_options options;
  options.add(sleeper("steady")).add(child_spec("crashing", shell("exit 9"))).max_restarts(3, 60s);
  LINX_TRY(auto t, co_await tree::plant(options));
  auto events = t.root->events();
  LINX_TRY(const pid_t steady, co_await t.root->running("steady"));
  LINX_TRY(const auto how, co_await t.ended());
  BOOST_TEST((how.why == errc::restart_limit));
  BOOST_TEST(how.why.object() ==
             "child 'crashing', after 3 restarts within 60 s; in the end: exited with code 9");
  BOOST_TEST(t.child("crashing").restarts == 3u);
  LINX_TRYV(co_await gone(steady));
  LINX_TRY(const auto told, co_await story(std::move(events)));
  BOOST_TEST(told.ends_with("crashing: restarted too often, the supervisor stops, steady: stopping, "
                            "steady: ended: killed by signal 15 (SIGTERM)"),
             told);
  co_return success();
}

task<> rest()
{
  supervisor_options options;
  options.strategy(restart_strategy::rest_for_one);
  for (const auto* id : {"a", "b", "c"}) options.add(sleeper(id));
  LINX_TRY(auto t, co_await tree::plant(options));
  LINX_TRYV(co_await t.root->running("c"));
  auto events = t.root->events();
  const pid_t a = t.child("a").host_pid;
  BOOST_REQUIRE(t.root->signal("b", SIGKILL));
  while (t.child("c").restarts != 1) {
    LINX_TRYV(co_await pause_briefly());
  }
  LINX_TRYV(co_await t.root->running("c"));
  BOOST_TEST(t.child("a").host_pid == a);
  BOOST_TEST(alive(a));
  LINX_TRYV(co_await t.stopped());
  LINX_TRY(const auto told, co_await story(std::move(events)));
  BOOST_TEST(told.starts_with("b: ended: killed by signal 9 (SIGKILL), b: restarting in 0 ms, c: stopping, "
                              "c: ended: killed by signal 15 (SIGTERM), b: running, c: running, c: stopping"),
             told);
  co_return success();
}

task<> left_down()
{
  supervisor_options options;
  options.max_restarts(0, 60s).add(sleeper("steady"));
  options.add(child_spec("crashing", shell("exit 9")).max_restarts(3, 60s)).add(sleeper("after"));
  LINX_TRY(auto t, co_await tree::plant(std::move(options)));
  LINX_TRYV(co_await t.reach("crashing", child_state::finished));
  BOOST_TEST(t.child("crashing").restarts == 3u);
  BOOST_TEST((t.child("crashing").last_outcome->value() == exit_status::exited(9)));
  LINX_TRY(const pid_t steady, co_await t.root->running("steady"));
  LINX_TRY(const pid_t after, co_await t.root->running("after"));
  BOOST_TEST(alive(steady));
  BOOST_TEST(alive(after));
  const auto down = co_await t.root->running("crashing");
  BOOST_TEST((down.error() == errc::no_process));
  BOOST_TEST((t.root->status().state == supervisor_state::running));
  LINX_TRYV(co_await t.stopped());
  co_return success();
}

task<> requests()
{
  LINX_TRY(auto t, co_await tree::plant(supervisor_options().add(sleeper("a"))));
  LINX_TRY(const pid_t a, co_await t.root->running("a"));

  BOOST_REQUIRE(t.root->add(sleeper("b")));
  BOOST_TEST((t.root->add(sleeper("b")).error().where() == stage::argument));
  LINX_TRY(const pid_t b, co_await t.root->running("b"));

  LINX_TRYV(co_await t.root->terminate("a"));
  LINX_TRYV(co_await gone(a));
  BOOST_TEST((t.child("a").state == child_state::stopped));
  const auto down = co_await t.root->running("a");
  BOOST_TEST((down.error() == errc::no_process));
  // Who is down cannot be known before, who it is and what a signal is can.
  const auto to_nobody = t.root->signal("a", SIGTERM);
  BOOST_TEST((to_nobody.error() == errc::no_process));
  BOOST_TEST((to_nobody.error().where() == stage::signal));
  BOOST_TEST(to_nobody.error().object() == "child 'a' is stopped");
  BOOST_TEST((t.root->signal("a", 65).error().where() == stage::argument));
  BOOST_TEST((t.root->signal("nobody", SIGTERM).error().where() == stage::argument));
  LINX_TRYV(co_await t.root->terminate("a")); // twice is no error
  LINX_TRY(const pid_t again, co_await t.root->restart("a"));
  BOOST_TEST(again != a);
  LINX_TRY(const pid_t third, co_await t.root->restart("a"));
  BOOST_TEST(third != again);
  LINX_TRYV(co_await gone(again));

  LINX_TRYV(co_await t.root->remove("b"));
  LINX_TRYV(co_await gone(b));
  BOOST_TEST(!t.root->status().find("b"));
  const auto unknown = co_await t.root->terminate("b");
  BOOST_TEST((unknown.error().where() == stage::argument), why(unknown));
  BOOST_REQUIRE(t.root->add(sleeper("b"))); // the id is free
  LINX_TRYV(co_await t.stopped());
  const auto late = co_await t.root->restart("a");
  BOOST_TEST((late.error() == errc::closed));
  BOOST_TEST((t.root->add(sleeper("c")).error() == errc::closed));
  const auto twice = co_await t.root->run();
  BOOST_TEST((twice.error() == errc::not_ready));
  auto after = t.root->events();
  LINX_TRY(const auto none, co_await after.next());
  BOOST_TEST(!none);
  co_return success();
}

task<> mistakes()
{
  const executor ex = co_await asio::this_coro::executor;
  const auto refused = [&](supervisor_options options) {
    auto made = supervisor::create(ex, std::move(options));
    BOOST_REQUIRE(!made);
    BOOST_TEST((made.error().where() == stage::argument));
    return std::string(made.error().object());
  };
  BOOST_TEST(refused(supervisor_options().add(sleeper(""))) == "a child without an id");
  BOOST_TEST(refused(supervisor_options().add(sleeper("a")).add(sleeper("a"))) ==
             "two children of the id 'a'");
  for (const auto window : {-1s, 0s}) {
    BOOST_TEST(refused(supervisor_options().max_restarts(1, window)).starts_with("a restart window of "));
    BOOST_TEST(refused(supervisor_options().add(sleeper("a").max_restarts(1, window)))
                   .starts_with("child 'a': a restart window of "));
  }
  BOOST_TEST(refused(supervisor_options().backoff(restart_backoff(1s).factor(0.5))) ==
             "a backoff factor of less than 1");
  BOOST_TEST(refused(supervisor_options().add(child_spec("a", process_options("sleep"))))
                 .starts_with("child 'a': "));
  auto both = child_spec("a", process_options("/bin/true").auto_proceed());
  both.set_up(endless);
  BOOST_TEST(refused(supervisor_options().add(std::move(both))).find("auto_proceed") != std::string::npos);

  LINX_TRY(auto idle, supervisor::create(ex, supervisor_options().add(sleeper("a"))));
  BOOST_TEST((idle.add(sleeper("b")).error() == errc::not_ready));
  const auto early = co_await idle.terminate("a");
  BOOST_TEST((early.error() == errc::not_ready));
  BOOST_TEST((idle.status().state == supervisor_state::idle));
  co_return success();
}

task<> nested()
{
  const executor ex = co_await asio::this_coro::executor;
  LINX_TRY(auto outer, supervisor::create(ex, supervisor_options().add(sleeper("steady"))));
  supervisor_options failing;
  failing.add(child_spec("crashing", shell("exit 1"))).max_restarts(1, 60s);
  LINX_TRY(auto inner, supervisor::create(ex, std::move(failing)));
  auto above = outer.run();
  auto below = inner.run();
  const auto both = co_await all_of(std::move(above), std::move(below));
  BOOST_REQUIRE(!both);
  BOOST_TEST((both.error() == errc::restart_limit));
  BOOST_TEST((outer.status().state == supervisor_state::ended));
  LINX_TRYV(co_await gone(outer.status().find("steady")->host_pid));
  co_return success();
}

} // namespace

// Each runs before the next starts; a cancel stops the last one first, and leaves nobody.
BOOST_AUTO_TEST_CASE(ordered_start_and_reverse_stop)
{
  run_body(order());
}

// The main promise.
BOOST_AUTO_TEST_CASE(a_killed_child_comes_back)
{
  run_body(comes_back());
}

// At the same time, not one after the other, and each is looked after by itself.
BOOST_AUTO_TEST_CASE(a_hundred_in_parallel)
{
  run_body(hundred());
}

// The error names the child, and those that were well are stopped too.
BOOST_AUTO_TEST_CASE(a_crash_loop_meets_the_limit)
{
  run_body(crash_loop());
}

// One that has a limit of its own is left down at it, holds nobody back, and takes nobody along.
BOOST_AUTO_TEST_CASE(a_crash_loop_meets_its_own_limit)
{
  run_body(left_down());
}

// What the machine decides happens to real processes in that order.
BOOST_AUTO_TEST_CASE(rest_for_one_restarts_the_rest)
{
  run_body(rest());
}

// Add, terminate, restart, remove, by id, and what is refused.
BOOST_AUTO_TEST_CASE(requests_at_run_time)
{
  run_body(requests());
}

// Mistakes are told before anything is started.
BOOST_AUTO_TEST_CASE(mistakes_of_the_caller)
{
  run_body(mistakes());
}

// A supervisor that gives up takes its sibling with it.
BOOST_AUTO_TEST_CASE(two_supervisors_in_one_tree)
{
  run_body(nested());
}

BOOST_AUTO_TEST_SUITE_END()
