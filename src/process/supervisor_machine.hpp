/// The decisions of a supervisor as a pure state machine: what happened to a child and what time it is goes
/// in, who is to be started and stopped comes out. It knows no process, no timer and no clock.
#pragma once

#include <linx/process/supervisor_options.hpp>
#include <linx/process/supervisor_status.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace linx::detail {

/// Names a child for as long as the supervisor knows it; never used twice.
using child_key = std::uint64_t;

/// What the host has to do after an input.
struct supervisor_effects {
  std::vector<child_key> start; ///< run the child; then call set_up(), running(), ended()
  std::vector<child_key> stop;  ///< end it by its shutdown policy, wherever it stands
  std::vector<child_key> kill;  ///< end it by SIGKILL, now
  std::vector<supervisor_event> events;
};

/// The rules:
/// - A child is *wanted* until its policy, a request or the end of the supervisor says otherwise.
/// - One that is wanted, has no process and no delay left is started; one that is not wanted, or is to be
///   started afresh, is stopped.
/// - A child that takes part in an ordered start waits for those in groups before it that take part too. One
///   that takes part in an ordered stop waits for those in groups after it. No ordered start begins before
///   the ordered stop has ended.
class supervisor_machine {
public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit supervisor_machine(const supervisor_options& options);

  // The verbs of the host.
  supervisor_effects begin(time_point now);
  supervisor_effects add(const child_spec& child, time_point now);
  supervisor_effects terminate(child_key, time_point now);
  supervisor_effects remove(child_key, time_point now);
  supervisor_effects restart(child_key, time_point now);
  supervisor_effects shut_down(time_point now); ///< the orderly end
  supervisor_effects kill_all(time_point now);  ///< the quick one

  // Answers to `start`. Each start has exactly one ended().
  supervisor_effects set_up(child_key, pid_t pid, time_point now);
  supervisor_effects running(child_key, pid_t pid, time_point now);
  supervisor_effects ended(child_key, result<exit_status> how, time_point now);

  /// Time has passed: wake_at() at the latest.
  supervisor_effects tick(time_point now);
  std::optional<time_point> wake_at() const;

  supervisor_state state() const noexcept { return state_; }

  /// Why it gave up; empty if it has not.
  const std::optional<error>& failure() const noexcept { return failure_; }

  std::optional<child_key> key_of(std::string_view id) const noexcept;
  bool knows(child_key) const noexcept;
  bool has_process(child_key) const noexcept;
  bool is_wanted(child_key) const noexcept;

  /// It runs, and nobody has asked for another process in its place.
  bool is_up(child_key) const noexcept;
  pid_t host_pid(child_key) const noexcept;
  linx::child_state child_state_of(child_key) const noexcept; ///< `stopped` if it is unknown
  unsigned starts(child_key) const noexcept;
  supervisor_status status() const;

private:
  /// Restarts within a window that moves.
  struct restart_limit {
    std::optional<unsigned> most; ///< empty: any number
    std::chrono::milliseconds window{0};
    std::deque<time_point> recent;

    /// Counts one; true if it is one too many.
    bool reached(time_point now);
    std::string text() const;
  };

  struct child {
    child_key key = 0;
    std::string id;
    restart_policy policy = restart_policy::permanent;
    std::uint64_t group = 0; ///< rises along the order
    child_state state = child_state::waiting;
    time_point since;
    time_point not_before;
    std::optional<result<exit_status>> last_outcome;
    pid_t host_pid = 0;
    unsigned starts = 0;
    unsigned failures = 0;   ///< ends in a row without a stable run
    restart_limit own_limit; ///< where `has_own_limit`
    bool has_own_limit = false;
    bool wanted = true;
    bool process = false;       ///< started, and not ended
    bool afresh = false;        ///< the process there is to be replaced
    bool ordered_start = false; ///< takes part in one
    bool ordered_stop = false;
    bool removed = false; ///< forget it when its process is gone
  };

  static child make_child(const child_spec&, child_key, std::uint64_t group, time_point now);
  child* find(child_key) noexcept;
  const child* find(child_key) const noexcept;
  void enter(child&, child_state, time_point now);
  void ended_by_itself(child&, time_point now, supervisor_effects&);
  void restart_with(child&, std::chrono::milliseconds delay, time_point now);
  void leave_down(child&, time_point now, supervisor_effects&);
  void give_up(const child&, supervisor_effects&);
  void want_none() noexcept;
  bool must_stop(const child& c) const noexcept { return c.process && (!c.wanted || c.afresh); }
  bool may_stop(const child&) const noexcept;
  bool may_start(const child&, time_point now) const noexcept;
  void settle(time_point now, supervisor_effects&);
  void forget_removed(supervisor_effects&);

  std::vector<child> children_;
  restart_limit limit_;
  restart_backoff backoff_;
  std::optional<error> failure_;
  child_key last_key_ = 0;
  restart_strategy strategy_;
  supervisor_state state_ = supervisor_state::idle;
};

} // namespace linx::detail
