// The state machine of a session, verb by verb: what is asked of the host after each piece of news.

#include "process/session_machine.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <string>
#include <sys/wait.h>

BOOST_AUTO_TEST_SUITE(process_session_machine)

using namespace linx;
using linx::detail::exit_record;
using linx::detail::session_machine;

namespace {

error death_of_the_spawner()
{
  return error(errc::died, stage::spawner_died).with_object("linx-spawner 7 died");
}

session_machine parked()
{
  session_machine m(false, false);
  (void)m.spawned(100);
  (void)m.ready(1);
  (void)m.set_up(success());
  BOOST_REQUIRE(m.parked());
  return m;
}

} // namespace

BOOST_AUTO_TEST_CASE(signals_wait_for_running_and_keep_their_order)
{
  session_machine m = parked();
  for (const int signo : {SIGUSR2, SIGTERM, SIGUSR1}) {
    auto todo = m.signal(signo);
    BOOST_REQUIRE(todo);
    BOOST_TEST(todo.assume_value().signals.empty());
  }
  BOOST_REQUIRE(m.proceed());
  BOOST_TEST(m.marker().signals.empty());
  const auto todo = m.checkpoint_closed();
  const std::vector<int> expected{SIGUSR2, SIGTERM, SIGUSR1};
  BOOST_TEST(todo.signals == expected, boost::test_tools::per_element());
  BOOST_TEST(m.signal(SIGHUP).assume_value().signals.front() == SIGHUP);
}

// A child that exists may still be in the network namespace of the spawner: its own is there when it says so.
BOOST_AUTO_TEST_CASE(a_child_has_moved_in_when_it_says_ready_or_runs)
{
  session_machine parked(false, false);
  parked.spawned(100);
  BOOST_TEST(!parked.moved_in());
  parked.ready(1);
  BOOST_TEST(parked.moved_in());
  session_machine passing(true, false);
  passing.spawned(100);
  passing.marker();
  BOOST_TEST(!passing.moved_in());
  passing.checkpoint_closed();
  BOOST_TEST(passing.moved_in());
}

BOOST_AUTO_TEST_CASE(a_verb_at_the_wrong_time_is_refused_by_name)
{
  session_machine m(false, false);
  BOOST_TEST((m.proceed().error() == errc::not_ready));
  BOOST_TEST((m.signal(0).error().where() == stage::argument));
  BOOST_TEST((m.signal(65).error().where() == stage::argument));
  BOOST_TEST((m.detach().error() == errc::not_ready));
  m = parked();
  BOOST_TEST(m.proceed().assume_value().send_proceed);
  BOOST_TEST(!m.proceed().assume_value().send_proceed); // once is enough
  session_machine hung = m;                             // in execve(2) on a file system that does not answer
  BOOST_TEST(hung.abort().assume_value().kill);
  (void)m.marker();
  (void)m.checkpoint_closed();
  BOOST_TEST((m.abort().error() == errc::running));
  (void)m.exited({CLD_EXITED, 0, {}});
  BOOST_TEST((m.abort().error() == errc::no_process));
  BOOST_TEST((m.proceed().error() == errc::no_process));
  BOOST_TEST((m.signal(9).error() == errc::no_process));
  BOOST_TEST((m.detach().error() == errc::no_process));
}

// Its socket ends before its exit is told. Meanwhile no verb may ask for anything to be sent into it.
BOOST_AUTO_TEST_CASE(a_child_that_died_at_its_checkpoint_is_not_spoken_to)
{
  session_machine m = parked();
  BOOST_TEST((m.takes_steps() && !m.is_dying()));
  (void)m.checkpoint_closed();
  BOOST_TEST((!m.takes_steps() && m.is_dying()));
  BOOST_TEST(!m.proceed().assume_value().send_proceed);
  BOOST_TEST(!m.rehearse().assume_value().send_rehearse);
  BOOST_TEST(m.exited({CLD_KILLED, SIGKILL, {}}).finished);
  BOOST_TEST((m.state() == process_state::failed));
  const std::string why = m.outcome()->error().message();
  BOOST_TEST(why.find("while it was parked at its checkpoint") != std::string::npos, why);
}

// It may hang on its way. Before the host knows the child the spawner has to do it, and a request that was
// not read yet brings one forth all the same.
BOOST_AUTO_TEST_CASE(an_early_abort_fires_at_once)
{
  session_machine m(false, false);
  BOOST_TEST(m.abort().assume_value().kill);
  BOOST_TEST(m.spawned(100).kill);
  BOOST_TEST(!m.ready(1).kill);
  (void)m.checkpoint_closed();
  BOOST_TEST(m.exited({CLD_KILLED, SIGKILL, {}}).finished);
  BOOST_TEST((m.state() == process_state::aborted));
}

// An abort until it runs; then an end by SIGKILL, of which one is enough.
BOOST_AUTO_TEST_CASE(a_kill_is_for_any_moment)
{
  session_machine m = parked();
  BOOST_TEST(m.kill().assume_value().kill);
  (void)m.checkpoint_closed();
  BOOST_TEST(m.exited({CLD_KILLED, SIGKILL, {}}).finished);
  BOOST_TEST((m.state() == process_state::aborted));
  m = parked();
  (void)m.proceed();
  (void)m.marker();
  (void)m.checkpoint_closed();
  BOOST_TEST(!m.is_condemned());
  BOOST_TEST(m.kill().assume_value().kill);
  BOOST_TEST(m.is_condemned());
  BOOST_TEST(!m.kill().assume_value().kill);
  BOOST_TEST(m.exited({CLD_KILLED, SIGKILL, {}}).finished);
  BOOST_TEST((m.state() == process_state::signaled));
  BOOST_TEST((m.kill().error() == errc::no_process));
}

// Kept until it runs, unless there is nothing more to be decided: it might never come to run.
BOOST_AUTO_TEST_CASE(sigkill_waits_for_no_program)
{
  session_machine m = parked();
  BOOST_TEST(!m.signal(SIGKILL).assume_value().kill);
  BOOST_REQUIRE(m.proceed());
  BOOST_TEST(!m.signal(SIGTERM).assume_value().kill);
  BOOST_TEST(m.signal(SIGKILL).assume_value().kill);
  (void)m.checkpoint_closed();
  BOOST_TEST(m.exited({CLD_KILLED, SIGKILL, {}}).finished);
  BOOST_TEST((m.outcome()->assume_value().signal() == SIGKILL));

  session_machine unknown(true, false); // to the host, as yet
  BOOST_TEST(unknown.signal(SIGKILL).assume_value().kill);
  BOOST_TEST(unknown.refused(error::from_errno(EIO, stage::exec_outcome)).finished);
  BOOST_TEST((unknown.outcome()->assume_value().signal() == SIGKILL));
}

// What it tried and how that went is told by the one outcome, and no verb brings such a child to run.
BOOST_AUTO_TEST_CASE(a_rehearsal_is_the_end_of_a_child)
{
  session_machine m(false, false);
  BOOST_TEST((m.rehearse().error() == errc::not_ready));
  BOOST_TEST((session_machine(true, false).rehearse().error() == errc::not_ready));
  m = parked();
  BOOST_TEST(m.rehearse().assume_value().send_rehearse);
  BOOST_TEST(!m.rehearse().assume_value().send_rehearse); // once is enough
  BOOST_TEST((m.proceed().error() == errc::no_process));
  BOOST_TEST((m.detach().error() == errc::not_ready));
  BOOST_TEST((!m.takes_steps() && !m.parked()));
  (void)m.rehearsed();
  (void)m.checkpoint_closed();
  BOOST_TEST(m.exited({CLD_EXITED, 124, {}}).finished);
  BOOST_TEST((m.state() == process_state::aborted && m.was_rehearsed()));
  BOOST_TEST((m.rehearse().error() == errc::no_process));

  m = parked(); // a slow one can still be ended
  BOOST_REQUIRE(m.rehearse());
  BOOST_TEST(m.abort().assume_value().kill);
  (void)m.checkpoint_closed();
  (void)m.exited({CLD_KILLED, SIGKILL, {}});
  BOOST_TEST((m.state() == process_state::aborted && !m.was_rehearsed()));

  m = parked(); // somebody else ends it
  BOOST_REQUIRE(m.rehearse());
  (void)m.checkpoint_closed();
  (void)m.exited({CLD_KILLED, SIGKILL, {}});
  BOOST_REQUIRE((m.state() == process_state::failed));
  BOOST_TEST((m.outcome()->error().where() == stage::exec_outcome));

  m = parked();
  BOOST_REQUIRE(m.proceed());
  BOOST_TEST((m.rehearse().error() == errc::running));
}

// A child killed while parked leaves the same end of file as a successful execve; only the mark tells them
// apart.
BOOST_AUTO_TEST_CASE(death_while_parked_is_not_running)
{
  session_machine m = parked();
  (void)m.checkpoint_closed();
  (void)m.exited({CLD_KILLED, SIGKILL, {}});
  BOOST_TEST((m.state() == process_state::failed));
  BOOST_TEST((m.outcome()->error().where() == stage::exec_outcome));
  BOOST_TEST(m.outcome()->error().message().find("parked") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(death_before_ready_has_a_stage_of_its_own)
{
  session_machine m(false, false);
  (void)m.spawned(100);
  (void)m.checkpoint_closed();
  (void)m.exited({CLD_KILLED, SIGKILL, {}});
  BOOST_TEST((m.outcome()->error().where() == stage::ready_frame));
}

// Never a made-up 0: without a record and without the kernel's word the end is unknown.
BOOST_AUTO_TEST_CASE(an_end_that_nobody_knows_is_an_error)
{
  session_machine m = parked();
  BOOST_REQUIRE(m.proceed());
  (void)m.marker();
  (void)m.checkpoint_closed();
  const auto todo = m.spawner_died(death_of_the_spawner());
  BOOST_TEST(todo.kill);
  BOOST_TEST(todo.watch_pidfd);
  BOOST_TEST(m.ended().read_exit_info);
  BOOST_TEST(m.exit_info(std::nullopt).finished);
  BOOST_TEST((m.outcome()->error() == errc::exit_unknown));
  BOOST_TEST(m.outcome()->error().message().find("linx-spawner 7") != std::string::npos);
}

// Without the spawner's word nothing can be told of the end, and the reason says whose fault it was.
BOOST_AUTO_TEST_CASE(a_spawner_that_says_what_cannot_be)
{
  const auto nonsense = error(errc::protocol, stage::malformed).with_object("linx-spawner 7: a byte");
  session_machine running = parked();
  BOOST_REQUIRE(running.proceed());
  (void)running.marker();
  (void)running.checkpoint_closed();
  BOOST_TEST(running.spawner_died(nonsense).kill);
  (void)running.ended();
  BOOST_TEST(running.exit_info(std::nullopt).finished);
  BOOST_TEST((running.outcome()->error() == errc::exit_unknown));
  BOOST_TEST((running.outcome()->error().where() == stage::malformed));

  session_machine unborn(false, false);
  BOOST_TEST((unborn.state() == process_state::starting));
  BOOST_TEST(unborn.spawner_died(nonsense).finished);
  BOOST_TEST(unborn.outcome()->error().message() == nonsense.message());
}

// There is a child, whatever the spawner says later: it is ended, and the outcome waits for that.
BOOST_AUTO_TEST_CASE(a_refusal_after_the_child_was_made)
{
  session_machine m(false, false);
  (void)m.spawned(100);
  BOOST_TEST((m.state() == process_state::spawned));
  BOOST_TEST(m.host_pid() == 100);
  const auto todo = m.refused(error::from_errno(EINVAL, stage::malformed));
  BOOST_TEST(todo.kill);
  BOOST_TEST(!todo.finished);
  (void)m.checkpoint_closed();
  BOOST_TEST(m.exited({CLD_KILLED, SIGKILL, {}}).finished);
  BOOST_TEST((m.outcome()->error().where() == stage::malformed));
}

BOOST_AUTO_TEST_CASE(a_child_that_outlives_is_not_killed_with_its_spawner)
{
  session_machine m(true, true);
  (void)m.spawned(100);
  (void)m.marker();
  (void)m.checkpoint_closed();
  BOOST_TEST(m.was_ready());
  BOOST_TEST(!m.spawner_died(death_of_the_spawner()).kill);
}

BOOST_AUTO_TEST_CASE(a_detached_child_survives_its_handle)
{
  session_machine m = parked();
  BOOST_TEST((m.detach().error() == errc::not_ready));
  BOOST_REQUIRE(m.proceed());
  BOOST_REQUIRE(m.detach());
  (void)m.marker();
  (void)m.checkpoint_closed();
  BOOST_TEST(!m.drop().kill);
}

BOOST_AUTO_TEST_SUITE_END()
