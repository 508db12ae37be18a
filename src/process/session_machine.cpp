#include "process/session_machine.hpp"

#include "core/with_words.hpp"

#include <csignal>
#include <sys/wait.h>
#include <utility>

namespace linx::detail {

namespace {

exit_status status_of(const exit_record& e)
{
  if (e.code == CLD_EXITED) return exit_status::exited(e.status);
  return exit_status::signaled(e.status, e.code == CLD_DUMPED);
}

error ended_already(const char* what)
{
  return error(errc::no_process, stage::argument).with_object(what);
}

} // namespace

session_effects session_machine::spawned(pid_t host_pid)
{
  session_effects todo;
  if (terminal() || spawned_) return todo;
  spawned_ = true;
  host_pid_ = host_pid;
  state_ = process_state::spawned;
  todo.changed = true;
  settle(todo);
  return todo;
}

session_effects session_machine::refused(error why)
{
  session_effects todo;
  if (terminal()) return todo;
  if (spawned_) return give_up(std::move(why)); // there is one all the same
  if (abort_wanted_ || dropped_)
    finish(todo, exit_status::aborted());
  else if (kill_wanted_) // on its way, before the spawner could tell of it
    finish(todo, exit_status::signaled(SIGKILL, false));
  else
    finish(todo, std::move(why));
  return todo;
}

session_effects session_machine::exited(const exit_record& e)
{
  session_effects todo;
  if (terminal()) return todo;
  exit_ = e;
  usage_ = e.usage;
  settle(todo);
  return todo;
}

session_effects session_machine::spawner_died(error how)
{
  session_effects todo;
  if (terminal()) return todo;
  spawner_death_ = std::move(how);
  settle(todo);
  return todo;
}

session_effects session_machine::ready(pid_t child_pid)
{
  session_effects todo;
  if (terminal() || ready_frame_) return todo;
  ready_frame_ = true;
  child_pid_ = child_pid;
  settle(todo);
  return todo;
}

session_effects session_machine::marker()
{
  session_effects todo;
  if (terminal()) return todo;
  marker_ = true;
  settle(todo);
  return todo;
}

session_effects session_machine::exec_failed(error why)
{
  session_effects todo;
  if (terminal()) return todo;
  if (!failure_) failure_ = std::move(why);
  settle(todo);
  return todo;
}

session_effects session_machine::rehearsed()
{
  session_effects todo;
  if (terminal() || !rehearsing_) return todo;
  rehearsed_ = true;
  settle(todo);
  return todo;
}

session_effects session_machine::checkpoint_closed()
{
  session_effects todo;
  if (terminal()) return todo;
  checkpoint_closed_ = true;
  settle(todo);
  return todo;
}

session_effects session_machine::set_up(result<> how)
{
  session_effects todo;
  if (terminal() || !setting_up_) return todo;
  setting_up_ = false;
  if (!how) {
    if (!failure_) failure_ = how.error();
    condemned_ = true;
  } else if (!doomed() && !is_dying()) {
    to_checkpoint(todo);
  }
  settle(todo);
  return todo;
}

session_effects session_machine::ended()
{
  session_effects todo;
  if (terminal()) return todo;
  ended_ = true;
  settle(todo);
  return todo;
}

session_effects session_machine::exit_info(std::optional<exit_record> e)
{
  session_effects todo;
  if (terminal()) return todo;
  info_known_ = true;
  if (e) exit_ = std::move(e);
  settle(todo);
  return todo;
}

session_effects session_machine::handed_over(error where)
{
  session_effects todo;
  if (!terminal()) finish(todo, std::move(where));
  return todo;
}

session_effects session_machine::give_up(error why)
{
  session_effects todo;
  if (terminal() || was_running_) return todo;
  if (!failure_) failure_ = std::move(why);
  condemned_ = true;
  settle(todo);
  return todo;
}

result<session_effects> session_machine::proceed()
{
  session_effects todo;
  if (terminal()) return ended_already("proceed; wait() tells how the process ended");
  if (doomed()) return ended_already("proceed; the process is being aborted");
  if (was_running_ || proceed_sent_) return todo;
  if (state_ != process_state::ready) {
    if (auto_proceed_) return todo;
    return error(errc::not_ready, stage::argument)
        .with_object("proceed; the child is not at its checkpoint, await ready() first");
  }
  if (is_dying()) return todo; // whoever waits for running hears of the end
  proceed_sent_ = true;
  todo.send_proceed = true;
  return todo;
}

result<session_effects> session_machine::rehearse()
{
  session_effects todo;
  if (terminal()) return ended_already("rehearse; wait() tells how the process ended");
  if (rehearsing_) return todo;
  if (doomed()) return ended_already("rehearse; the process is being aborted");
  if (was_running_ || proceed_sent_)
    return error(errc::running, stage::argument).with_object("rehearse; only a parked child can");
  if (state_ != process_state::ready)
    return error(errc::not_ready, stage::argument)
        .with_object("rehearse; the child is not at its checkpoint, await ready() first");
  if (is_dying()) return todo;
  rehearsing_ = true;
  todo.send_rehearse = true;
  return todo;
}

result<session_effects> session_machine::abort()
{
  session_effects todo;
  if (terminal()) return ended_already("abort; wait() tells how the process ended");
  if (was_running_)
    return error(errc::running, stage::argument).with_object("abort; use signal() to end a running process");
  if (abort_wanted_) return todo;
  abort_wanted_ = true;
  settle(todo);
  return todo;
}

result<session_effects> session_machine::kill()
{
  if (terminal()) return ended_already("kill; wait() tells how the process ended");
  if (!was_running_) return abort();
  session_effects todo;
  condemned_ = true;
  settle(todo);
  return todo;
}

result<session_effects> session_machine::signal(int signo)
{
  session_effects todo;
  if (signo < 1 || signo > 64)
    return error::argument("signal " + std::to_string(signo) + "; signals are 1 to 64 (signal(7))");
  if (terminal()) return ended_already("signal; wait() tells how the process ended");
  if (was_running_) {
    todo.signals.push_back(signo);
  } else if (signo == SIGKILL && (proceed_sent_ || auto_proceed_)) {
    // It may never come to run: a file system that does not answer keeps execve(2) for ever.
    kill_wanted_ = condemned_ = true;
    settle(todo);
  } else {
    buffered_.push_back(signo);
  }
  return todo;
}

result<session_effects> session_machine::detach()
{
  session_effects todo;
  if (terminal()) return ended_already("detach; wait() tells how the process ended");
  if (!was_running_ && !proceed_sent_ && !auto_proceed_)
    return error(errc::not_ready, stage::argument)
        .with_object("detach; a parked child needs its host, let it proceed first");
  detached_ = true;
  return todo;
}

session_effects session_machine::drop()
{
  session_effects todo;
  if (terminal() || detached_) return todo;
  dropped_ = true;
  condemned_ = true;
  settle(todo);
  return todo;
}

/// Draws every conclusion that what is known allows. All inputs end here, so their order cannot matter.
void session_machine::settle(session_effects& todo)
{
  const bool over = exit_ || checkpoint_closed_ || spawner_death_;
  if (ready_frame_ && spawned_ && !was_ready_ && !setting_up_ && !doomed() && !over) {
    setting_up_ = true;
    todo.begin_setup = true;
  }
  if (abort_wanted_) condemned_ = true;
  if (marker_ && checkpoint_closed_ && !failure_ && !was_running_ && (spawned_ || exit_)) to_running(todo);
  if (spawner_death_ && !exit_) after_spawner(todo);
  if (condemned_ && !exit_) {
    bool& done = spawned_ ? killed_ : kill_posted_;
    todo.kill = todo.kill || !done;
    done = true;
  }
  // End of file on the checkpoint follows the child's exec or its end, so nothing that it said is still
  // unread.
  if (exit_ && checkpoint_closed_ && !terminal()) finish(todo, outcome_of(*exit_));
}

/// Nobody reaps for us any more, so the pidfd has to tell.
void session_machine::after_spawner(session_effects& todo)
{
  if (!spawned_) {
    // A child that was cloned in the last moment has neither pidfd nor parent; it leaves when its
    // checkpoint closes.
    if (failure_)
      finish(todo, *failure_);
    else if (abort_wanted_ || dropped_)
      finish(todo, exit_status::aborted());
    else
      finish(todo, *spawner_death_);
    return;
  }
  if (!was_running_ || !(detached_ || outlives_)) condemned_ = true;
  if (!watching_) {
    watching_ = true;
    todo.watch_pidfd = true;
  }
  if (!ended_ || !checkpoint_closed_) return;
  if (!was_running_) { // how it ended makes no difference
    finish(todo, outcome_of(exit_record{CLD_KILLED, SIGKILL, {}}));
  } else if (!info_asked_) {
    info_asked_ = true;
    todo.read_exit_info = true;
  } else if (info_known_) {
    finish(todo, unknown_exit());
  }
}

void session_machine::to_checkpoint(session_effects& todo)
{
  was_ready_ = true;
  state_ = process_state::ready;
  events_.push_back(process_event::ready(host_pid_));
  todo.changed = true;
  if (auto_proceed_) {
    proceed_sent_ = true;
    todo.send_proceed = true;
  }
}

void session_machine::to_running(session_effects& todo)
{
  if (!was_ready_) { // without a checkpoint it is ready and running at once
    was_ready_ = true;
    events_.push_back(process_event::ready(host_pid_));
  }
  was_running_ = true;
  state_ = process_state::running;
  events_.push_back(process_event::running(host_pid_));
  todo.signals.swap(buffered_);
  todo.changed = true;
}

result<exit_status> session_machine::outcome_of(const exit_record& e) const
{
  if (failure_) return *failure_;
  if (was_running_ || kill_wanted_) return status_of(e);
  if (abort_wanted_ || dropped_ || rehearsed_) return exit_status::aborted();
  return never_ran(e);
}

error session_machine::unknown_exit() const noexcept
{
  return with_words(error(errc::exit_unknown, spawner_death_->where()),
                    [this] { return std::string(spawner_death_->object()); });
}

error session_machine::never_ran(const exit_record& e) const noexcept
{
  if (spawner_death_) return *spawner_death_;
  return with_words(error(errc::died, ready_frame_ ? stage::exec_outcome : stage::ready_frame), [&] {
    const char* const when = !ready_frame_   ? " before it reached its checkpoint"
                             : proceed_sent_ ? " between proceed and execve"
                             : rehearsing_   ? " while it rehearsed"
                                             : " while it was parked at its checkpoint";
    return "child " + std::to_string(host_pid_) + ' ' + to_string(status_of(e)) + when;
  });
}

void session_machine::finish(session_effects& todo, result<exit_status> outcome)
{
  if (!outcome) {
    state_ = process_state::failed;
  } else {
    switch (outcome.assume_value().what()) {
    case exit_status::kind::exited:
      state_ = process_state::exited;
      break;
    case exit_status::kind::signaled:
      state_ = process_state::signaled;
      break;
    case exit_status::kind::aborted:
      state_ = process_state::aborted;
      break;
    }
  }
  outcome_ = outcome;
  events_.push_back(process_event::ended(host_pid_, std::move(outcome)));
  buffered_.clear();
  todo = session_effects();
  todo.changed = true;
  todo.finished = true;
}

} // namespace linx::detail
