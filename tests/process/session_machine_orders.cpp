// The state machine of a session against a model of host, spawner and child: every interleaving of what the
// three can do is walked, since on a real machine most orders come once in a million spawns.

#include "process/session_machine.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <deque>
#include <source_location>
#include <string>
#include <sys/wait.h>

BOOST_AUTO_TEST_SUITE(process_session_machine_orders)

using namespace linx;
using linx::detail::exit_record;
using linx::detail::session_effects;
using linx::detail::session_machine;

namespace {

/// What the model may do beside the normal course, how often each.
struct budget {
  int abort = 0;
  int drop = 0;
  int signal = 0;
  int kill = 0;         // signal(SIGKILL)
  int foreign_kill = 0; // somebody kills the child
  int spawner_death = 0;
  bool exec_fails = false;
  bool set_up_fails = false;
  bool no_child = false; // clone fails
  bool auto_proceed = false;
  bool rehearses = false; // in place of proceeding
};

enum class child_state { none, starting, parked, proceeding, rehearsing, executed, dead };
enum class news { spawned, refused, exited, spawner_died, ready, marker, exec_failed, rehearsed, closed };

/// BOOST_REQUIRE notes each success too, a million times here.
void require(bool holds, std::source_location where = std::source_location::current())
{
  if (!holds) BOOST_FAIL("line " << where.line());
}

error death_of_the_spawner()
{
  return error(errc::died, stage::spawner_died).with_object("linx-spawner 7 died");
}

struct model {
  explicit model(budget b) : machine(b.auto_proceed, false), left(b) {}

  session_machine machine;
  budget left;
  child_state child = child_state::none;
  bool requested = true;
  bool spawner_alive = true;
  bool ran = false;
  bool aborted = false;
  bool dropped = false;
  bool killed_by_us = false;
  bool killed_by_other = false;
  bool signalled_while_parked = false;
  bool setting_up = false;
  bool watching = false;
  bool asked = false;
  bool closed = false;
  int finished = 0;
  int flushed = 0;
  int ending_code = CLD_EXITED, ending_status = 3;
  std::deque<news> control, checkpoint;

  void die(int code, int status)
  {
    if (child != child_state::executed) checkpoint.push_back(news::closed);
    child = child_state::dead;
    ending_code = code;
    ending_status = status;
    if (spawner_alive) control.push_back(news::exited);
  }

  void perform(const session_effects& todo)
  {
    if (todo.finished) ++finished;
    require(finished <= 1);
    flushed += static_cast<int>(todo.signals.size());
    if (todo.begin_setup) setting_up = true;
    if (todo.send_proceed) {
      require(!aborted && !closed);
      if (child == child_state::parked) child = child_state::proceeding;
    }
    if (todo.send_rehearse) {
      require(!aborted && !closed);
      if (child == child_state::parked) child = child_state::rehearsing;
    }
    if (todo.kill && child != child_state::none && child != child_state::dead) die(CLD_KILLED, SIGKILL);
    if (todo.watch_pidfd) watching = true;
    if (todo.read_exit_info) asked = true;
  }

  void deliver(news n)
  {
    switch (n) {
    case news::spawned:
      return perform(machine.spawned(100));
    case news::refused:
      return perform(machine.refused(error::from_errno(EAGAIN, stage::clone)));
    case news::exited:
      return perform(machine.exited({ending_code, ending_status, {}}));
    case news::spawner_died:
      return perform(machine.spawner_died(death_of_the_spawner()));
    case news::ready:
      return perform(machine.ready(1));
    case news::marker:
      return perform(machine.marker());
    case news::exec_failed:
      return perform(machine.exec_failed(error::from_errno(ENOENT, stage::execve)));
    case news::rehearsed:
      return perform(machine.rehearsed());
    case news::closed:
      closed = true; // by the time that perform() sees what the host has to do, it has no socket
      return perform(machine.checkpoint_closed());
    }
  }

  /// Does choice `n`; false if there are not so many.
  bool choose(int n)
  {
    const auto is = [&](bool possible) { return possible && n-- == 0; };
    if (is(!control.empty())) {
      const news head = control.front();
      control.pop_front();
      return deliver(head), true;
    }
    if (is(!checkpoint.empty())) {
      const news head = checkpoint.front();
      checkpoint.pop_front();
      return deliver(head), true;
    }
    if (is(requested && spawner_alive)) {
      requested = false;
      control.push_back(left.no_child ? news::refused : news::spawned);
      if (!left.no_child) child = child_state::starting;
      return true;
    }
    if (is(child == child_state::starting)) {
      child = child_state::parked;
      checkpoint.push_back(news::ready);
      return true;
    }
    if (is(child == child_state::proceeding)) {
      checkpoint.push_back(left.exec_fails ? news::exec_failed : news::marker);
      if (left.exec_fails) return die(CLD_EXITED, 125), true;
      checkpoint.push_back(news::closed);
      child = child_state::executed;
      return ran = true;
    }
    if (is(child == child_state::rehearsing)) {
      checkpoint.push_back(left.exec_fails ? news::exec_failed : news::rehearsed);
      return die(CLD_EXITED, left.exec_fails ? 125 : 124), true;
    }
    if (is(child == child_state::executed)) return die(CLD_EXITED, 3), true;
    if (is(setting_up)) {
      setting_up = false;
      result<> how = success();
      if (left.set_up_fails) how = error::from_errno(EPERM, stage::uid_map);
      return perform(machine.set_up(how)), true;
    }
    if (is(machine.parked() && !machine.is_dying() && !aborted && !dropped)) {
      auto todo = left.rehearses ? machine.rehearse() : machine.proceed();
      require(todo.has_value());
      return perform(todo.assume_value()), true;
    }
    if (is(left.abort > 0)) {
      --left.abort;
      auto todo = machine.abort();
      if (todo) {
        aborted = true;
        perform(todo.assume_value());
      }
      return true;
    }
    if (is(left.drop > 0)) {
      --left.drop;
      dropped = true;
      return perform(machine.drop()), true;
    }
    if (is(left.signal > 0)) {
      --left.signal;
      signalled_while_parked = !machine.was_running();
      auto todo = machine.signal(SIGUSR1);
      if (todo) perform(todo.assume_value());
      return true;
    }
    if (is(left.kill > 0)) {
      --left.kill;
      auto todo = machine.signal(SIGKILL);
      killed_by_us = killed_by_us || todo.has_value();
      if (todo) {
        const bool delivered = !todo.assume_value().signals.empty();
        perform(todo.assume_value());
        if (delivered && child == child_state::executed) die(CLD_KILLED, SIGKILL);
      }
      return true;
    }
    if (is(left.foreign_kill > 0 && child != child_state::none && child != child_state::dead)) {
      --left.foreign_kill;
      killed_by_other = true;
      return die(CLD_KILLED, SIGKILL), true;
    }
    if (is(left.spawner_death > 0)) {
      --left.spawner_death;
      spawner_alive = false;
      control.push_back(news::spawner_died);
      if (child != child_state::none && child != child_state::dead) die(CLD_KILLED, SIGKILL); // PDEATHSIG
      return true;
    }
    if (is(watching && child == child_state::dead)) {
      watching = false;
      return perform(machine.ended()), true;
    }
    if (is(asked)) { // the kernel knows
      asked = false;
      return perform(machine.exit_info(exit_record{ending_code, ending_status, {}})), true;
    }
    if (is(asked)) { // it does not
      asked = false;
      return perform(machine.exit_info(std::nullopt)), true;
    }
    return false;
  }

  void check_end() const
  {
    require(machine.terminal());
    require(finished == 1);
    const auto& events = machine.events();
    require(!events.empty());
    for (std::size_t i = 0; i != events.size(); ++i) {
      require(events[i].terminal() == (i + 1 == events.size()));
      require(i == 0 || events[i - 1].what() < events[i].what());
    }
    const auto& outcome = *machine.outcome();
    if (machine.was_running()) {
      require(ran);
      if (outcome) require(outcome.assume_value().what() != exit_status::kind::aborted);
    }
    switch (machine.state()) {
    case process_state::exited:
      require(ran);
      require(outcome.assume_value().code() == 3);
      break;
    case process_state::signaled:
      require(ran || killed_by_us);
      require(dropped || killed_by_us || killed_by_other || !spawner_alive || aborted);
      require(outcome.assume_value().signal() == SIGKILL);
      break;
    case process_state::aborted:
      require(aborted || dropped || left.rehearses);
      break;
    case process_state::failed:
      require(left.no_child || left.exec_fails || left.set_up_fails || killed_by_other || !spawner_alive);
      require(outcome.error().where() != stage::none);
      break;
    default:
      BOOST_FAIL("not terminal");
    }
  }
};

long walk(const model& from)
{
  long leaves = 0;
  for (int n = 0;; ++n) {
    model next = from;
    if (!next.choose(n)) break;
    leaves += walk(next);
  }
  if (leaves == 0) {
    from.check_end();
    return 1;
  }
  return leaves;
}

/// A leaf is a state in which nothing can happen any more, so each must be terminal.
long explore(budget b)
{
  return walk(model(b));
}

} // namespace

BOOST_AUTO_TEST_CASE(every_order_of_a_normal_life_ends_once)
{
  budget b;
  BOOST_TEST(explore(b) > 1);
  b.auto_proceed = true;
  BOOST_TEST(explore(b) > 1);
  b.signal = 1;
  BOOST_TEST(explore(b) > 10);
}

BOOST_AUTO_TEST_CASE(every_order_with_one_disturbance_ends_once)
{
  for (const bool automatic : {false, true}) {
    for (int budget::*what :
         {&budget::abort, &budget::drop, &budget::kill, &budget::foreign_kill, &budget::spawner_death}) {
      for (bool budget::*fault :
           {&budget::auto_proceed, &budget::exec_fails, &budget::set_up_fails, &budget::no_child}) {
        budget b;
        b.*fault = true;
        b.auto_proceed = automatic;
        b.*what = 1;
        BOOST_TEST(explore(b) >= 1);
      }
    }
  }
}

// A rehearsal is never taken for a run, and its failure is told.
BOOST_AUTO_TEST_CASE(every_order_of_a_rehearsal_ends_once)
{
  budget b;
  b.rehearses = true;
  BOOST_TEST(explore(b) > 1);
  for (int budget::*what :
       {&budget::abort, &budget::drop, &budget::signal, &budget::foreign_kill, &budget::spawner_death}) {
    for (const bool fails : {false, true}) {
      budget disturbed = b;
      disturbed.exec_fails = fails;
      disturbed.*what = 1;
      BOOST_TEST(explore(disturbed) > 1);
    }
  }
}

BOOST_AUTO_TEST_CASE(every_order_with_two_disturbances_ends_once)
{
  int budget::*const all[] = {&budget::abort, &budget::drop, &budget::kill, &budget::foreign_kill,
                              &budget::spawner_death};
  for (int budget::*first : all) {
    for (int budget::*second : all) {
      if (first == second) continue;
      budget b;
      b.*first = 1;
      b.*second = 1;
      BOOST_TEST(explore(b) > 10);
      b.exec_fails = true;
      BOOST_TEST(explore(b) > 10);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
