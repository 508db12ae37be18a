// Whom a supervisor starts and stops, in which order, and when it gives up: without any process.

#include "process/supervisor_scene.hpp"

#include <boost/test/unit_test.hpp>

#include <initializer_list>

BOOST_AUTO_TEST_SUITE(process_supervisor_machine)

using namespace linx;
using namespace linx::test;
using namespace std::chrono_literals;

namespace {

supervisor_options three(restart_strategy strategy, restart_policy policy = restart_policy::permanent)
{
  supervisor_options options;
  options.strategy(strategy).max_restarts(100, 1h);
  for (const auto* id : {"a", "b", "c"}) options.add(child(id, policy));
  return options;
}

// Three children that run.
scene running(const supervisor_options& options)
{
  scene s(options);
  s.begin();
  for (const auto& c : options.children()) s.up(c.id());
  return s;
}

} // namespace

// The order of the specification is the order of the start; each waits until the one before runs.
BOOST_AUTO_TEST_CASE(children_are_started_one_after_the_other)
{
  scene s(three(restart_strategy::one_for_one));
  BOOST_TEST(s.begin() == "+a");
  BOOST_TEST((s.state("b") == child_state::waiting));
  BOOST_TEST(s.up("a") == "+b");
  BOOST_TEST(s.up("b") == "+c");
  BOOST_TEST(s.up("c") == "");
  BOOST_TEST((s.machine.status().state == supervisor_state::running));
}

// A group starts at the same time, and the next one when all of it run; stopping is the reverse.
BOOST_AUTO_TEST_CASE(parallel_children_start_and_stop_together)
{
  supervisor_options options;
  options.add(child("a")).add(child("b").parallel()).add(child("c")).add(child("d").parallel());
  scene s(options);
  BOOST_TEST(s.begin() == "+a+b");
  BOOST_TEST(s.up("b") == "");
  BOOST_TEST(s.up("a") == "+c+d");
  BOOST_TEST(s.shut_down() == "-d-c");
  BOOST_TEST(s.ends("c") == "");
  BOOST_TEST(s.ends("d") == "-b-a");
  s.ends("a");
  BOOST_TEST((s.machine.state() == supervisor_state::stopping));
  s.ends("b");
  BOOST_TEST((s.machine.state() == supervisor_state::ended));
}

// Each policy against each kind of end: permanent always, transient after an abnormal one, temporary never.
BOOST_AUTO_TEST_CASE(policy_decides_by_the_kind_of_end)
{
  struct ending {
    result<exit_status> how;
    bool abnormal;
  };
  const ending endings[] = {
      {exit_status::exited(0), false},
      {exit_status::exited(3), true},
      {exit_status::signaled(9, false), true},
      {exit_status::aborted(), false},
      {error::from_errno(ENOENT, stage::execve), true},
      {errc::exit_unknown, true},
  };
  for (const auto policy : {restart_policy::permanent, restart_policy::transient, restart_policy::temporary})
    for (const auto& each : endings) {
      supervisor_options options;
      options.add(child("a", policy));
      auto s = running(options);
      const bool again =
          policy == restart_policy::permanent || (policy == restart_policy::transient && each.abnormal);
      BOOST_TEST(s.did(s.machine.ended(s.key("a"), each.how, s.now)) == (again ? "+a" : ""));
      BOOST_TEST((s.state("a") == (again ? child_state::starting : child_state::finished)));
      BOOST_TEST((s.machine.status().state == supervisor_state::running));
    }
}

// One that ends alone is restarted alone, and waits for nobody.
BOOST_AUTO_TEST_CASE(one_for_one)
{
  auto s = running(three(restart_strategy::one_for_one));
  BOOST_TEST(s.ends("a") == "+a");
  BOOST_TEST(s.ends("c") == "+c");
  BOOST_TEST(s.machine.status().find("a")->restarts == 1u);
  BOOST_TEST(s.machine.status().find("b")->restarts == 0u);
}

// The others are stopped in reverse order, then all are started in order.
BOOST_AUTO_TEST_CASE(one_for_all)
{
  auto s = running(three(restart_strategy::one_for_all));
  BOOST_TEST(s.ends("b") == "-c");
  BOOST_TEST(s.ends("c", exit_status::signaled(SIGTERM, false)) == "-a");
  BOOST_TEST(s.ends("a", exit_status::exited(0)) == "+a");
  BOOST_TEST(s.up("a") == "+b");
  BOOST_TEST(s.up("b") == "+c");
  BOOST_TEST(s.machine.status().recent_restarts == 1u); // one cause, counted once
}

// Only what was started after it goes along.
BOOST_AUTO_TEST_CASE(rest_for_one)
{
  auto s = running(three(restart_strategy::rest_for_one));
  BOOST_TEST(s.ends("b") == "-c");
  BOOST_TEST(s.ends("c") == "+b");
  BOOST_TEST(s.up("b") == "+c");
  s.up("c");
  BOOST_TEST((s.state("a") == child_state::running));
  BOOST_TEST(s.ends("c") == "+c"); // the last one has no rest
}

// Parallel peers are not "after" one another.
BOOST_AUTO_TEST_CASE(rest_for_one_leaves_the_peers)
{
  supervisor_options options;
  options.strategy(restart_strategy::rest_for_one);
  options.add(child("a")).add(child("b").parallel()).add(child("c"));
  auto s = running(options);
  BOOST_TEST(s.ends("a") == "-c");
  BOOST_TEST(s.ends("c") == "+a");
  BOOST_TEST(s.up("a") == "+c");
}

// A temporary sibling that is taken down stays down; a finished transient one is part of what is built anew.
BOOST_AUTO_TEST_CASE(siblings_of_other_policies)
{
  supervisor_options options;
  options.strategy(restart_strategy::one_for_all);
  options.add(child("a", restart_policy::transient))
      .add(child("b", restart_policy::temporary))
      .add(child("c"));
  auto s = running(options);
  s.ends("a", exit_status::exited(0));
  BOOST_TEST((s.state("a") == child_state::finished));
  BOOST_TEST(s.ends("c") == "-b");
  BOOST_TEST(s.ends("b") == "+a");
  BOOST_TEST(s.up("a") == "+c");
  BOOST_TEST((s.state("b") == child_state::stopped));
}

// One more end than the limit within the window: everything is stopped in reverse order, and the error says
// why.
BOOST_AUTO_TEST_CASE(the_limit_ends_everything)
{
  auto options = three(restart_strategy::one_for_one).max_restarts(2, 5s);
  auto s = running(options);
  BOOST_TEST(s.ends("b") == "+b");
  s.up("b");
  BOOST_TEST(s.ends("b") == "+b");
  s.up("b");
  BOOST_TEST(s.ends("b", exit_status::exited(7)) == "-c");
  BOOST_TEST(s.ends("c") == "-a");
  BOOST_TEST(s.ends("a") == "");
  BOOST_TEST((s.machine.state() == supervisor_state::ended));
  BOOST_REQUIRE(s.machine.failure());
  BOOST_TEST((*s.machine.failure() == errc::restart_limit));
  BOOST_TEST(s.machine.failure()->object() ==
             "child 'b', after 2 restarts within 5 s; in the end: exited with code 7");
}

// Ends that are farther apart than the window are forgotten.
BOOST_AUTO_TEST_CASE(the_window_slides)
{
  auto options = three(restart_strategy::one_for_one).max_restarts(1, 5s);
  auto s = running(options);
  for (int i = 0; i != 20; ++i) {
    BOOST_TEST(s.ends("a") == "+a");
    s.up("a");
    s.pass(5001ms);
  }
  s.ends("a");
  s.up("a");
  s.pass(4s);
  s.ends("c");
  BOOST_TEST((s.machine.state() == supervisor_state::stopping));
}

// No restart at all is a limit too.
BOOST_AUTO_TEST_CASE(a_limit_of_none)
{
  auto s = running(three(restart_strategy::one_for_one).max_restarts(0, 5s));
  BOOST_TEST(s.ends("c") == "-b");
}

// A child with a limit of its own is left down at it, and the others go on; its restarts are not the
// supervisor's, and a restart by hand begins its count anew.
BOOST_AUTO_TEST_CASE(a_limit_of_its_own)
{
  supervisor_options options;
  options.max_restarts(1, 10s).add(child("a").max_restarts(2, 10s)).add(child("b"));
  auto s = running(options);
  for (int i = 0; i != 2; ++i) {
    BOOST_TEST(s.ends("a") == "+a");
    s.up("a");
  }
  const auto last = s.machine.ended(s.key("a"), exit_status::exited(7), s.now);
  BOOST_TEST(s.did(last) == "");
  BOOST_REQUIRE(!last.events.empty());
  BOOST_TEST((last.events.back().what() == supervisor_event::kind::left_down));
  BOOST_TEST((last.events.back().outcome()->value() == exit_status::exited(7)));
  BOOST_TEST(to_string(last.events.back()) == "a: restarted too often, left down");
  BOOST_TEST((s.state("a") == child_state::finished));
  BOOST_TEST(!s.machine.is_wanted(s.key("a")));
  BOOST_TEST(!s.machine.wake_at());
  BOOST_TEST((s.machine.status().state == supervisor_state::running));
  BOOST_TEST(s.machine.status().recent_restarts == 0u);
  BOOST_TEST(s.ends("b") == "+b"); // the supervisor's one
  s.up("b");
  BOOST_TEST(s.did(s.machine.restart(s.key("a"), s.now)) == "+a");
  s.up("a");
  BOOST_TEST(s.ends("a") == "+a");
  s.up("a");
  BOOST_TEST(s.ends("b") == "-a");
  BOOST_TEST((s.machine.status().state == supervisor_state::stopping));
}

// What ended before the window does not count.
BOOST_AUTO_TEST_CASE(a_limit_of_its_own_forgets)
{
  supervisor_options options;
  options.max_restarts(0, 10s).add(child("a").max_restarts(1, 10s));
  auto s = running(options);
  for (int i = 0; i != 5; ++i) {
    BOOST_TEST(s.ends("a") == "+a");
    s.up("a");
    s.pass(10'001ms);
  }
}

BOOST_AUTO_TEST_CASE(without_a_limit)
{
  auto options = three(restart_strategy::one_for_one).unlimited_restarts();
  auto s = running(options);
  for (int i = 0; i != 500; ++i) {
    BOOST_TEST(s.ends("a") == "+a");
    s.up("a");
  }
  BOOST_TEST(s.machine.status().recent_restarts == 500u);
  s.pass(1h + 1ms);
  s.ends("a");
  BOOST_TEST(s.machine.status().recent_restarts == 1u); // only the window is kept
  BOOST_TEST((s.machine.status().state == supervisor_state::running));
}

// The delay grows, has a bound, and begins anew after a stable run.
BOOST_AUTO_TEST_CASE(backoff_grows_and_begins_anew)
{
  supervisor_options options;
  options.max_restarts(100, 1s).backoff(restart_backoff(100ms).factor(3).maximum(500ms).stable_after(10s));
  options.add(child("a"));
  auto s = running(options);
  for (const auto delay : {100ms, 300ms, 500ms, 500ms}) {
    BOOST_TEST(s.ends("a") == "");
    BOOST_TEST((s.state("a") == child_state::backoff));
    BOOST_REQUIRE(s.machine.wake_at());
    BOOST_TEST((*s.machine.wake_at() == s.now + delay));
    BOOST_TEST(s.pass(delay - 1ms) == "");
    BOOST_TEST(s.pass(1ms) == "+a");
    BOOST_TEST(!s.machine.wake_at());
    s.up("a");
    s.pass(9999ms);
  }
  s.pass(1ms);
  s.ends("a");
  BOOST_TEST((*s.machine.wake_at() == s.now + 100ms));
}

// A huge count is the maximum, not an overflow; no initial delay is none for ever.
BOOST_AUTO_TEST_CASE(backoff_bounds)
{
  BOOST_TEST((restart_backoff(1ms).factor(10).delay(4'000'000'000u) == 30s));
  BOOST_TEST((restart_backoff().delay(50) == 0ms));
  BOOST_TEST((restart_backoff(2s).maximum(1s).delay(1) == 1s));
  BOOST_TEST((restart_backoff(5ms).factor(1).delay(1000) == 5ms));
}

// A child that never comes up holds back those after it until it has given up by its policy.
BOOST_AUTO_TEST_CASE(a_start_that_fails)
{
  auto options = three(restart_strategy::one_for_one).backoff(restart_backoff(1s));
  scene s(options);
  s.begin();
  BOOST_TEST(s.fails("a") == "");
  BOOST_TEST((s.state("b") == child_state::waiting));
  BOOST_TEST(s.pass(1s) == "+a");
  BOOST_TEST(s.up("a") == "+b");

  scene once(three(restart_strategy::one_for_one, restart_policy::temporary));
  once.begin();
  BOOST_TEST(once.fails("a") == "+b");
}

// Requests by id: what is down stays down until it is asked for; a restart counts for nothing.
BOOST_AUTO_TEST_CASE(terminate_and_restart)
{
  auto s = running(three(restart_strategy::one_for_all));
  BOOST_TEST(s.did(s.machine.terminate(s.key("b"), s.now)) == "-b");
  BOOST_TEST(s.ends("b") == "");
  BOOST_TEST((s.state("b") == child_state::stopped));
  s.ends("a"); // c goes along, b does not come back
  BOOST_TEST(s.ends("c") == "+a");
  BOOST_TEST(s.up("a") == "+c");
  s.up("c");
  BOOST_TEST(s.did(s.machine.restart(s.key("b"), s.now)) == "+b");
  s.up("b");
  BOOST_TEST(s.did(s.machine.restart(s.key("b"), s.now)) == "-b");
  BOOST_TEST(!s.machine.is_up(s.key("b")));
  BOOST_TEST(s.ends("b") == "+b");
  BOOST_TEST(s.machine.status().recent_restarts == 1u);
  // A request that crosses the other one wins.
  s.up("b");
  s.machine.terminate(s.key("b"), s.now);
  BOOST_TEST(s.did(s.machine.restart(s.key("b"), s.now)) == "");
  BOOST_TEST(s.ends("b") == "+b");
}

// A restart by hand ends a delay; a removal in the delay forgets the child at once.
BOOST_AUTO_TEST_CASE(requests_during_a_delay)
{
  auto options = three(restart_strategy::one_for_one).backoff(restart_backoff(10s));
  auto s = running(options);
  s.ends("a");
  s.ends("b");
  BOOST_TEST(s.did(s.machine.restart(s.key("a"), s.now)) == "+a");
  const auto b = s.key("b");
  s.machine.remove(b, s.now);
  BOOST_TEST(!s.machine.knows(b));
  BOOST_TEST(!s.machine.wake_at());
}

// A child that is added is the last; one that is removed is known until it is gone.
BOOST_AUTO_TEST_CASE(add_and_remove)
{
  auto s = running(three(restart_strategy::one_for_one));
  BOOST_TEST(s.did(s.machine.add(child("d"), s.now)) == "+d");
  s.up("d");
  const auto a = s.key("a");
  BOOST_TEST(s.did(s.machine.remove(a, s.now)) == "-a");
  BOOST_TEST(s.machine.knows(a));
  s.ends("a");
  BOOST_TEST(!s.machine.knows(a));
  BOOST_TEST(s.shut_down() == "-d");
}

// The quick end takes all at once.
BOOST_AUTO_TEST_CASE(kill_takes_all)
{
  auto s = running(three(restart_strategy::one_for_one));
  BOOST_TEST(s.shut_down() == "-c");
  BOOST_TEST(s.did(s.machine.kill_all(s.now)) == "-b-a!a!b!c");
  for (const auto* id : {"b", "a", "c"}) BOOST_TEST(s.ends(id) == "");
  BOOST_TEST((s.machine.state() == supervisor_state::ended));
}

// A late "running" of a child that is being stopped does not revive it.
BOOST_AUTO_TEST_CASE(running_meets_a_stop)
{
  scene s(three(restart_strategy::one_for_one));
  s.begin();
  BOOST_TEST(s.shut_down() == "-a");
  BOOST_TEST(s.up("a") == "");
  BOOST_TEST((s.state("a") == child_state::stopping));
  s.ends("a", exit_status::aborted());
  BOOST_TEST((s.machine.state() == supervisor_state::ended));
}

BOOST_AUTO_TEST_SUITE_END()
