// A supervisor and real processes: who runs, who comes back, and that nothing is left behind.

#include "process/stdio_support.hpp"
#include "process/supervisor_tree.hpp"

#include <linx/core/all_of.hpp>

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <fcntl.h>
#include <memory>

using namespace linx;
using namespace linx::test;
using namespace std::chrono_literals;

namespace {

task<> order()
{
  supervisor_options options;
  for (const auto* id : {"a", "b", "c"}) options.add(sleeper(id));
  BOOST_OUTCOME_CO_TRY(auto t, co_await tree::plant(options));
  auto events = t.root->events();
  std::vector<pid_t> pids;
  for (const auto* id : {"a", "b", "c"}) {
    BOOST_OUTCOME_CO_TRY(const pid_t pid, co_await t.root->running(id));
    BOOST_TEST(alive(pid));
    pids.push_back(pid);
  }
  BOOST_OUTCOME_CO_TRY(const auto how, co_await t.stopped());
  BOOST_TEST((how.why == errc::cancelled), how.why.message());
  for (const pid_t pid : pids) {
    BOOST_OUTCOME_CO_TRYV(co_await gone(pid));
  }
  BOOST_OUTCOME_CO_TRY(const auto told, co_await story(std::move(events)));
  const std::string killed = " ended: killed by signal 15 (SIGTERM)";
  BOOST_TEST(told == "a: running, b: running, c: running, c: stopping, c:" + killed +
                         ", b: stopping, b:" + killed + ", a: stopping, a:" + killed);
  BOOST_TEST((t.root->status().state == supervisor_state::ended));
  co_return success();
}

task<> comes_back()
{
  BOOST_OUTCOME_CO_TRY(auto t, co_await tree::plant(supervisor_options().add(sleeper("a"))));
  BOOST_OUTCOME_CO_TRY(const pid_t first, co_await t.root->running("a"));
  BOOST_REQUIRE(::kill(first, SIGKILL) == 0);
  while (t.child("a").restarts != 1) {
    BOOST_OUTCOME_CO_TRYV(co_await pause_briefly());
  }
  BOOST_OUTCOME_CO_TRY(const pid_t second, co_await t.root->running("a"));
  BOOST_TEST(second != first);
  BOOST_TEST(alive(second));
  BOOST_REQUIRE(t.child("a").last_outcome);
  BOOST_TEST((t.child("a").last_outcome->value() == exit_status::signaled(SIGKILL, false)));
  BOOST_OUTCOME_CO_TRYV(co_await t.stopped());
  BOOST_OUTCOME_CO_TRYV(co_await gone(second));
  co_return success();
}

task<> hundred()
{
  supervisor_options options;
  options.max_restarts(1000, 60s);
  for (int i = 0; i != 100; ++i) options.add(sleeper("child " + std::to_string(i)).parallel());
  BOOST_OUTCOME_CO_TRY(auto t, co_await tree::plant(options));
  std::vector<pid_t> pids;
  for (int i = 0; i != 100; ++i) {
    BOOST_OUTCOME_CO_TRY(const pid_t pid, co_await t.root->running("child " + std::to_string(i)));
    pids.push_back(pid);
  }
  // Each third is killed at the same time.
  for (std::size_t i = 0; i < 100; i += 3) BOOST_REQUIRE(::kill(pids[i], SIGKILL) == 0);
  for (int i = 0; i < 100; i += 3) {
    const auto id = "child " + std::to_string(i);
    while (t.child(id).restarts != 1) {
      BOOST_OUTCOME_CO_TRYV(co_await pause_briefly());
    }
    BOOST_OUTCOME_CO_TRY(const pid_t pid, co_await t.root->running(id));
    pids.push_back(pid);
  }
  BOOST_OUTCOME_CO_TRYV(co_await t.stopped());
  for (const pid_t pid : pids) {
    BOOST_OUTCOME_CO_TRYV(co_await gone(pid));
  }
  co_return success();
}

task<> crash_loop()
{
  supervisor_options options;
  options.add(sleeper("steady")).add(child_spec("crashing", shell("exit 9"))).max_restarts(3, 60s);
  BOOST_OUTCOME_CO_TRY(auto t, co_await tree::plant(options));
  auto events = t.root->events();
  BOOST_OUTCOME_CO_TRY(const pid_t steady, co_await t.root->running("steady"));
  BOOST_OUTCOME_CO_TRY(const auto how, co_await t.ended());
  BOOST_TEST((how.why == errc::restart_limit));
  BOOST_TEST(how.why.object() ==
             "child 'crashing', after 3 restarts within 60 s; in the end: exited with code 9");
  BOOST_TEST(t.child("crashing").restarts == 3u);
  BOOST_OUTCOME_CO_TRYV(co_await gone(steady));
  BOOST_OUTCOME_CO_TRY(const auto told, co_await story(std::move(events)));
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
  BOOST_OUTCOME_CO_TRY(auto t, co_await tree::plant(options));
  BOOST_OUTCOME_CO_TRYV(co_await t.root->running("c"));
  auto events = t.root->events();
  const pid_t a = t.child("a").host_pid;
  BOOST_REQUIRE(t.root->signal("b", SIGKILL));
  while (t.child("c").restarts != 1) {
    BOOST_OUTCOME_CO_TRYV(co_await pause_briefly());
  }
  BOOST_OUTCOME_CO_TRYV(co_await t.root->running("c"));
  BOOST_TEST(t.child("a").host_pid == a);
  BOOST_TEST(alive(a));
  BOOST_OUTCOME_CO_TRYV(co_await t.stopped());
  BOOST_OUTCOME_CO_TRY(const auto told, co_await story(std::move(events)));
  BOOST_TEST(told.starts_with("b: ended: killed by signal 9 (SIGKILL), b: restarting in 0 ms, c: stopping, "
                              "c: ended: killed by signal 15 (SIGTERM), b: running, c: running, c: stopping"),
             told);
  co_return success();
}

// A program that ignores SIGTERM, and says on a pipe when it does.
task<tree> deaf(shutdown_policy policy, std::shared_ptr<asio::posix::stream_descriptor>& says)
{
  auto options = shell("trap '' TERM; echo deaf; while :; do sleep 0.05; done");
  options.standard_output(stdio::pipe());
  auto piped = child_spec("deaf", std::move(options));
  auto take_pipe = [&says](process& child) -> task<> {
    BOOST_OUTCOME_CO_TRY(auto pipe, child.stdout_pipe());
    says = std::make_shared<asio::posix::stream_descriptor>(std::move(pipe));
    co_return success();
  };
  piped.shutdown(policy).set_up(std::move(take_pipe));
  supervisor_options all;
  all.add(std::move(piped));
  BOOST_OUTCOME_CO_TRY(auto t, co_await tree::plant(std::move(all)));
  BOOST_OUTCOME_CO_TRYV(co_await t.root->running("deaf"));
  std::array<char, 16> word;
  error_code failed;
  auto buffer = asio::buffer(word);
  co_await says->async_read_some(buffer, asio::redirect_error(asio::use_awaitable, failed));
  BOOST_TEST(!failed);
  co_return std::move(t);
}

task<> deaf_children()
{
  for (const auto policy : {shutdown_policy::grace(50ms), shutdown_policy::kill()}) {
    std::shared_ptr<asio::posix::stream_descriptor> says;
    BOOST_OUTCOME_CO_TRY(auto t, co_await deaf(policy, says));
    const pid_t pid = t.child("deaf").host_pid;
    BOOST_OUTCOME_CO_TRYV(co_await t.stopped());
    BOOST_TEST((t.child("deaf").last_outcome->value() == exit_status::signaled(SIGKILL, false)));
    BOOST_OUTCOME_CO_TRYV(co_await gone(pid));
  }
  {
    // It is waited for as long as it takes, which is until somebody else kills it.
    std::shared_ptr<asio::posix::stream_descriptor> says;
    BOOST_OUTCOME_CO_TRY(auto t, co_await deaf(shutdown_policy::infinity(), says));
    t.cancel();
    BOOST_OUTCOME_CO_TRYV(co_await t.reach("deaf", child_state::stopping));
    for (int i = 0; i != 20; ++i) {
      BOOST_OUTCOME_CO_TRYV(co_await pause_briefly());
    }
    BOOST_TEST((t.child("deaf").state == child_state::stopping));
    BOOST_REQUIRE(::kill(t.child("deaf").host_pid, SIGKILL) == 0);
    BOOST_OUTCOME_CO_TRYV(co_await t.ended());
  }
  co_return success();
}

task<> cancelled_anywhere()
{
  {
    // The request is on its way.
    BOOST_OUTCOME_CO_TRY(auto t, co_await tree::plant(supervisor_options().add(sleeper("a"))));
    BOOST_OUTCOME_CO_TRYV(co_await t.reach("a", child_state::starting));
    BOOST_OUTCOME_CO_TRY(const auto how, co_await t.stopped());
    BOOST_TEST((how.why == errc::cancelled));
    if (const pid_t pid = t.child("a").host_pid) {
      BOOST_OUTCOME_CO_TRYV(co_await gone(pid));
    }
  }
  {
    // Its program runs, and the host has not heard of it: the program has its grace all the same.
    const scratch place;
    const auto up = place / "up", asked = place / "asked";
    const auto script = "trap '>" + asked + "; exit 0' TERM; >" + up + "; while :; do sleep 0.05; done";
    BOOST_OUTCOME_CO_TRY(auto t,
                         co_await tree::plant(supervisor_options().add(child_spec("a", shell(script)))));
    do {
      auto turn = asio::post(asio::use_awaitable);
      co_await std::move(turn);
      ::usleep(20'000); // nothing goes on in this host meanwhile
    } while (::access(up.c_str(), F_OK) != 0);
    BOOST_OUTCOME_CO_TRYV(co_await t.stopped());
    BOOST_TEST(::access(asked.c_str(), F_OK) == 0);
    BOOST_TEST((t.child("a").last_outcome->value() == exit_status::exited(0)));
  }
  {
    // In the set-up; the next child never starts.
    auto parked = sleeper("parked");
    parked.set_up(endless);
    supervisor_options options;
    options.add(std::move(parked)).add(sleeper("next"));
    BOOST_OUTCOME_CO_TRY(auto t, co_await tree::plant(std::move(options)));
    BOOST_OUTCOME_CO_TRYV(co_await t.reach("parked", child_state::setting_up));
    const pid_t pid = t.child("parked").host_pid;
    BOOST_TEST(alive(pid));
    BOOST_TEST((t.child("next").state == child_state::waiting));
    BOOST_OUTCOME_CO_TRYV(co_await t.stopped());
    BOOST_TEST((t.child("parked").last_outcome->value() == exit_status::aborted()));
    BOOST_TEST(t.child("next").host_pid == 0);
    BOOST_OUTCOME_CO_TRYV(co_await gone(pid));
  }
  {
    // In a delay: nobody waits for it.
    supervisor_options options;
    options.add(child_spec("a", shell("exit 1"))).backoff(restart_backoff(1h).maximum(1h));
    BOOST_OUTCOME_CO_TRY(auto t, co_await tree::plant(std::move(options)));
    BOOST_OUTCOME_CO_TRYV(co_await t.reach("a", child_state::backoff));
    BOOST_OUTCOME_CO_TRYV(co_await t.stopped());
    BOOST_TEST((t.child("a").state == child_state::stopped));
  }
  {
    // Nothing to do at all.
    BOOST_OUTCOME_CO_TRY(auto t, co_await tree::plant(supervisor_options()));
    BOOST_OUTCOME_CO_TRYV(co_await pause_briefly());
    BOOST_OUTCOME_CO_TRY(const auto how, co_await t.stopped());
    BOOST_TEST((how.why == errc::cancelled));
  }
  co_return success();
}

task<> requests()
{
  BOOST_OUTCOME_CO_TRY(auto t, co_await tree::plant(supervisor_options().add(sleeper("a"))));
  BOOST_OUTCOME_CO_TRY(const pid_t a, co_await t.root->running("a"));

  BOOST_REQUIRE(t.root->add(sleeper("b")));
  BOOST_TEST((t.root->add(sleeper("b")).error().where() == stage::argument));
  BOOST_OUTCOME_CO_TRY(const pid_t b, co_await t.root->running("b"));

  BOOST_OUTCOME_CO_TRYV(co_await t.root->terminate("a"));
  BOOST_OUTCOME_CO_TRYV(co_await gone(a));
  BOOST_TEST((t.child("a").state == child_state::stopped));
  const auto down = co_await t.root->running("a");
  BOOST_TEST((down.error() == errc::no_process));
  BOOST_TEST((t.root->signal("a", SIGTERM).error() == errc::no_process));
  BOOST_OUTCOME_CO_TRYV(co_await t.root->terminate("a")); // twice is no error
  BOOST_OUTCOME_CO_TRY(const pid_t again, co_await t.root->restart("a"));
  BOOST_TEST(again != a);
  BOOST_OUTCOME_CO_TRY(const pid_t third, co_await t.root->restart("a"));
  BOOST_TEST(third != again);
  BOOST_OUTCOME_CO_TRYV(co_await gone(again));

  BOOST_OUTCOME_CO_TRYV(co_await t.root->remove("b"));
  BOOST_OUTCOME_CO_TRYV(co_await gone(b));
  BOOST_TEST(!t.root->status().find("b"));
  const auto unknown = co_await t.root->terminate("b");
  BOOST_TEST((unknown.error().where() == stage::argument), why(unknown));
  BOOST_REQUIRE(t.root->add(sleeper("b"))); // the id is free
  BOOST_OUTCOME_CO_TRYV(co_await t.stopped());
  const auto late = co_await t.root->restart("a");
  BOOST_TEST((late.error() == errc::closed));
  BOOST_TEST((t.root->add(sleeper("c")).error() == errc::closed));
  const auto twice = co_await t.root->run();
  BOOST_TEST((twice.error() == errc::not_ready));
  auto after = t.root->events();
  BOOST_OUTCOME_CO_TRY(const auto none, co_await after.next());
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
  for (const auto window : {-1s, 0s})
    BOOST_TEST(refused(supervisor_options().max_restarts(1, window)).starts_with("a restart window of "));
  BOOST_TEST(refused(supervisor_options().backoff(restart_backoff(1s).factor(0.5))) ==
             "a backoff factor of less than 1");
  BOOST_TEST(refused(supervisor_options().add(child_spec("a", process_options("sleep"))))
                 .starts_with("child 'a': "));
  auto both = child_spec("a", process_options("/bin/true").auto_proceed());
  both.set_up(endless);
  BOOST_TEST(refused(supervisor_options().add(std::move(both))).find("auto_proceed") != std::string::npos);

  BOOST_OUTCOME_CO_TRY(auto idle, supervisor::create(ex, supervisor_options().add(sleeper("a"))));
  BOOST_TEST((idle.add(sleeper("b")).error() == errc::not_ready));
  const auto early = co_await idle.terminate("a");
  BOOST_TEST((early.error() == errc::not_ready));
  BOOST_TEST((idle.status().state == supervisor_state::idle));
  co_return success();
}

task<> dropped()
{
  auto parked = sleeper("parked");
  parked.set_up(endless);
  supervisor_options options;
  // Grace without an end: a drop does not ask for it.
  auto running = child_spec("running", shell("trap '' TERM; while :; do sleep 0.05; done"));
  running.shutdown(shutdown_policy::infinity());
  options.add(std::move(running)).add(std::move(parked));
  BOOST_OUTCOME_CO_TRY(auto t, co_await tree::plant(std::move(options)));
  BOOST_OUTCOME_CO_TRY(const pid_t one, co_await t.root->running("running"));
  BOOST_OUTCOME_CO_TRYV(co_await t.reach("parked", child_state::setting_up));
  const pid_t two = t.child("parked").host_pid;
  t.root.reset();
  BOOST_OUTCOME_CO_TRY(const auto how, co_await t.ended());
  BOOST_TEST((how.why == errc::closed), how.why.message());
  BOOST_OUTCOME_CO_TRYV(co_await gone(one));
  BOOST_OUTCOME_CO_TRYV(co_await gone(two));
  co_return success();
}

task<> dropped_while_stopping()
{
  std::shared_ptr<asio::posix::stream_descriptor> says;
  BOOST_OUTCOME_CO_TRY(auto t, co_await deaf(shutdown_policy::infinity(), says));
  const pid_t pid = t.child("deaf").host_pid;
  t.cancel();
  BOOST_OUTCOME_CO_TRYV(co_await t.reach("deaf", child_state::stopping));
  t.root.reset();
  BOOST_OUTCOME_CO_TRYV(co_await t.ended());
  BOOST_OUTCOME_CO_TRYV(co_await gone(pid));
  co_return success();
}

task<> nested()
{
  const executor ex = co_await asio::this_coro::executor;
  BOOST_OUTCOME_CO_TRY(auto outer, supervisor::create(ex, supervisor_options().add(sleeper("steady"))));
  supervisor_options failing;
  failing.add(child_spec("crashing", shell("exit 1"))).max_restarts(1, 60s);
  BOOST_OUTCOME_CO_TRY(auto inner, supervisor::create(ex, std::move(failing)));
  auto above = outer.run();
  auto below = inner.run();
  const auto both = co_await all_of(std::move(above), std::move(below));
  BOOST_REQUIRE(!both);
  BOOST_TEST((both.error() == errc::restart_limit));
  BOOST_TEST((outer.status().state == supervisor_state::ended));
  BOOST_OUTCOME_CO_TRYV(co_await gone(outer.status().find("steady")->host_pid));
  co_return success();
}

} // namespace

BOOST_AUTO_TEST_SUITE(process_supervisor_kernel)

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

// What the machine decides happens to real processes in that order.
BOOST_AUTO_TEST_CASE(rest_for_one_restarts_the_rest)
{
  run_body(rest());
}

// SIGTERM, grace, SIGKILL; SIGKILL at once; SIGTERM and patience.
BOOST_AUTO_TEST_CASE(shutdown_policies)
{
  run_body(deaf_children());
}

// While a child is being made, set up, in its delay, and with no child: nothing is left.
BOOST_AUTO_TEST_CASE(cancelled_in_any_state)
{
  run_body(cancelled_anywhere());
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

// SIGKILL for all, whatever their grace, in any state.
BOOST_AUTO_TEST_CASE(handle_dropped)
{
  run_body(dropped());
  run_body(dropped_while_stopping());
}

// A supervisor that gives up takes its sibling with it.
BOOST_AUTO_TEST_CASE(two_supervisors_in_one_tree)
{
  run_body(nested());
}

// The context dies with a supervisor at work: no leak, no use after free, no process.
BOOST_AUTO_TEST_CASE(handle_outlives_the_context)
{
  std::optional<tree> survivor;
  pid_t pid = 0;
  {
    asio::io_context context(1);
    auto body = [&]() -> task<> {
      auto parked = sleeper("parked");
      parked.set_up(endless);
      auto options = process_options("/bin/sleep").arg("1000").orphan(orphan_policy::kill(0ms));
      supervisor_options all;
      all.add(child_spec("a", std::move(options))).add(std::move(parked));
      BOOST_OUTCOME_CO_TRY(auto t, co_await tree::plant(std::move(all)));
      BOOST_OUTCOME_CO_TRY(pid, co_await t.root->running("a"));
      BOOST_OUTCOME_CO_TRYV(co_await t.reach("parked", child_state::setting_up));
      survivor.emplace(std::move(t));
      co_return success();
    };
    const auto done = test::run(context, body());
    BOOST_REQUIRE_MESSAGE(done, why(done));
  }
  BOOST_TEST(survivor->root->status().children.size() == 2u);
  BOOST_TEST((survivor->root->add(sleeper("late")).error() == errc::closed));
  run_body(gone(pid));
}

BOOST_AUTO_TEST_SUITE_END()
