/// The life of one child as a pure state machine: news from three descriptors in any order goes in, what
/// the host has to do comes out. It never touches a descriptor.
#pragma once

#include <linx/process/event.hpp>
#include <linx/process/info.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace linx::detail {

/// What the host has to do after an input, in the order of the members.
struct session_effects {
  bool begin_setup = false;  ///< parked: write the id maps, send the steps of the options, then call set_up()
  bool send_proceed = false; ///< PROCEED on the checkpoint socket
  bool send_rehearse = false;  ///< REHEARSE there
  bool kill = false;           ///< SIGKILL by pidfd; by the spawner where there is none yet
  std::vector<int> signals;    ///< to send by pidfd, in this order
  bool watch_pidfd = false;    ///< the spawner is dead: wait for the pidfd, then call ended()
  bool read_exit_info = false; ///< ask PIDFD_GET_INFO how it ended, then call exit_info()
  bool changed = false;        ///< whoever waits on the session looks again
  bool finished = false;       ///< the terminal outcome is there; release what the session holds
};

/// How the kernel says that a process ended: `si_code` and `si_status` of waitid(2).
struct exit_record {
  int code = 0;
  int status = 0;
  std::optional<struct ::rusage> usage;
};

class session_machine {
public:
  /// `outlives`: the child goes on when its spawner dies.
  session_machine(bool auto_proceed, bool outlives) : auto_proceed_(auto_proceed), outlives_(outlives)
  {
    events_.reserve(3); // ready, running, the end
  }

  // News from the spawner's control socket.
  session_effects spawned(pid_t host_pid);
  session_effects refused(error why);         ///< the spawner could not make the child; there is none
  session_effects exited(const exit_record&); ///< reaped
  session_effects spawner_died(error how);    ///< after the last message it sent has been read

  // News from the child's checkpoint socket.
  session_effects ready(pid_t child_pid);
  session_effects marker();               ///< execve(2) is the child's next act
  session_effects exec_failed(error why); ///< a step before or at execve failed; the child exits
  session_effects rehearsed();            ///< no step failed, and it was all it should do; the child exits
  session_effects checkpoint_closed();    ///< end of file

  // Answers to effects.
  session_effects set_up(result<> how);                  ///< to begin_setup
  session_effects ended();                               ///< to watch_pidfd
  session_effects exit_info(std::optional<exit_record>); ///< to read_exit_info

  /// Somebody else has the child from now on.
  session_effects handed_over(error where);

  /// The host found that it cannot go on with this child (a malformed message, a refused id map).
  session_effects give_up(error why);

  // The verbs. An error changes nothing.
  result<session_effects> proceed();
  result<session_effects> rehearse();
  result<session_effects> abort();
  result<session_effects> kill();
  result<session_effects> signal(int signo);
  result<session_effects> detach();
  session_effects drop(); ///< the handle is gone

  process_state state() const noexcept { return state_; }
  bool terminal() const noexcept { return is_terminal(state_); }
  bool was_ready() const noexcept { return was_ready_; }
  bool was_running() const noexcept { return was_running_; }
  bool was_rehearsed() const noexcept { return rehearsed_; }
  bool parked() const noexcept { return state_ == process_state::ready && !proceed_sent_ && !rehearsing_; }
  bool detached() const noexcept { return detached_; }
  bool is_condemned() const noexcept { return condemned_; }

  /// True from the moment at which the child's steps may be asked for, set-up by the host included.
  bool takes_steps() const noexcept
  {
    return ready_frame_ && spawned_ && !proceed_sent_ && !doomed() && !checkpoint_closed_ && !terminal();
  }

  /// Whether it has left its checkpoint and will not execute: nothing can be said to it, and its end is near.
  bool is_dying() const noexcept { return checkpoint_closed_ && !marker_; }

  /// Whether it is in all the namespaces that it was given; the network one it makes itself.
  bool moved_in() const noexcept { return ready_frame_ || was_running_; }

  pid_t host_pid() const noexcept { return host_pid_; }
  pid_t child_pid() const noexcept { return child_pid_; }
  const std::optional<result<exit_status>>& outcome() const noexcept { return outcome_; }
  const std::optional<struct ::rusage>& usage() const noexcept { return usage_; }

  /// What has happened so far; at most ready, running and the terminal event.
  const std::vector<process_event>& events() const noexcept { return events_; }

private:
  bool doomed() const noexcept { return abort_wanted_ || rehearsing_ || dropped_ || failure_.has_value(); }
  void settle(session_effects&);
  void to_checkpoint(session_effects&);
  void to_running(session_effects&);
  void after_spawner(session_effects&);
  void finish(session_effects&, result<exit_status>);
  result<exit_status> outcome_of(const exit_record&) const;
  error unknown_exit() const noexcept;
  error never_ran(const exit_record&) const noexcept;

  process_state state_ = process_state::starting;
  bool auto_proceed_;
  bool outlives_;
  bool spawned_ = false;
  bool ready_frame_ = false;
  bool setting_up_ = false;
  bool was_ready_ = false;
  bool proceed_sent_ = false;
  bool rehearsing_ = false;
  bool rehearsed_ = false;
  bool marker_ = false;
  bool was_running_ = false;
  bool checkpoint_closed_ = false;
  bool abort_wanted_ = false;
  bool kill_wanted_ = false; ///< signal(SIGKILL) before it ran
  bool dropped_ = false;
  bool detached_ = false;
  bool condemned_ = false;   ///< the host has decided that this child ends now
  bool kill_posted_ = false; ///< before the host knew the child
  bool killed_ = false;
  bool watching_ = false;
  bool ended_ = false;
  bool info_asked_ = false;
  bool info_known_ = false;
  pid_t host_pid_ = 0;
  pid_t child_pid_ = 0;
  std::optional<error> failure_; ///< why the workload will never run
  std::optional<exit_record> exit_;
  std::optional<error> spawner_death_; ///< how the spawner died, or what it said that cannot be
  std::optional<result<exit_status>> outcome_;
  std::optional<struct ::rusage> usage_;
  std::vector<int> buffered_;
  std::vector<process_event> events_;
};

} // namespace linx::detail
