/// The health of a supervisor's children: as a snapshot, and event by event.
#pragma once

#include <linx/core/result.hpp>
#include <linx/process/exit_status.hpp>

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace linx {

/// Where a child of a supervisor stands.
enum class child_state : std::uint8_t {
  waiting,    ///< to be started when those before it are running
  starting,   ///< the process is being made
  setting_up, ///< parked; its set-up is at work
  running,    ///< its program executes
  stopping,   ///< to end, and still there
  backoff,    ///< to be started again when its delay is over
  finished,   ///< ended by itself, and by its policy or its own limit not started again
  stopped,    ///< stopped on request or with its supervisor
};

/// "waiting", "setting_up", "backoff", ...
LINX_API std::string_view to_string(child_state) noexcept;

/// One child at one moment.
struct child_status {
  std::string id;
  child_state state = child_state::waiting;
  pid_t host_pid = 0;                              ///< of its last process; 0 before there was one
  unsigned restarts = 0;                           ///< starts after the first
  std::optional<result<exit_status>> last_outcome; ///< how its last process ended; empty before that
  std::chrono::steady_clock::time_point since;     ///< when it came to this state
};

/// Where a supervisor stands.
enum class supervisor_state : std::uint8_t {
  idle,     ///< `run()` has not been called
  running,  ///< children are kept as they ought to be
  stopping, ///< cancelled, dropped, or it has given up: children are being stopped
  ended,    ///< nothing is left
};

/// "idle", "running", ...
LINX_API std::string_view to_string(supervisor_state) noexcept;

/// All children in the order of their start, at one moment.
struct supervisor_status {
  supervisor_state state = supervisor_state::idle;
  unsigned recent_restarts = 0; ///< within the window, at the last restart; more than the limit is the end
  std::vector<child_status> children;

  /// The child of that id, or null.
  const child_status* find(std::string_view id) const noexcept
  {
    for (const auto& child : children)
      if (child.id == id) return &child;
    return nullptr;
  }
};

/// One thing that happened to one child.
class LINX_API supervisor_event {
public:
  enum class kind : std::uint8_t {
    added,      ///< at run time
    removed,    ///< at run time, and gone
    starting,   ///< its process is asked for
    setting_up, ///< parked; the set-up begins
    running,    ///< its program executes
    stopping,   ///< it is asked to end
    ended,      ///< its process is gone: `outcome()`
    restarting, ///< it ended by itself and will be started again after `delay()`
    gave_up,    ///< it ended once too often: the supervisor stops everything
    left_down,  ///< it ended once too often for its own limit, and stays down until `restart()`
  };

  supervisor_event(kind what, std::string child) : child_(std::move(child)), kind_(what) {}
  supervisor_event& with_pid(pid_t pid) noexcept;
  supervisor_event& with_outcome(result<exit_status> outcome);
  supervisor_event& with_delay(std::chrono::milliseconds delay) noexcept;

  kind what() const noexcept { return kind_; }
  const std::string& child() const noexcept { return child_; }

  /// With `setting_up`, `running`, `stopping`, `ended`: the pid in the host's pid namespace; 0 if there never
  /// was a process.
  pid_t host_pid() const noexcept { return host_pid_; }

  /// With `ended`, `restarting`, `gave_up` and `left_down`: how its process ended, or why it never ran.
  const std::optional<result<exit_status>>& outcome() const noexcept { return outcome_; }

  /// With `restarting`.
  std::chrono::milliseconds delay() const noexcept { return delay_; }

private:
  std::string child_;
  std::optional<result<exit_status>> outcome_;
  std::chrono::milliseconds delay_{0};
  pid_t host_pid_ = 0;
  kind kind_;
};

/// "web: running (pid 4711)", "web: ended: exited with code 3", "web: restarting in 200 ms".
LINX_API std::string to_string(const supervisor_event&);

} // namespace linx
