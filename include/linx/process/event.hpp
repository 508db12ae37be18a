/// What happens to a session, in order.
#pragma once

#include <linx/core/result.hpp>
#include <linx/process/exit_status.hpp>

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace linx {

/// One step in the life of a child: `ready`, `running`, then exactly one of `exited`, `signaled`,
/// `aborted`, `failed`.
class LINX_API process_event {
public:
  enum class kind : std::uint8_t { ready, running, exited, signaled, aborted, failed };

  static process_event ready(pid_t host_pid) { return process_event(kind::ready, host_pid); }
  static process_event running(pid_t host_pid) { return process_event(kind::running, host_pid); }
  static process_event ended(pid_t host_pid, result<exit_status> outcome);

  kind what() const noexcept { return kind_; }

  /// The child's pid in the host's pid namespace; 0 if there never was a child.
  pid_t host_pid() const noexcept { return host_pid_; }

  /// True for the last event of a session.
  bool terminal() const noexcept { return outcome_.has_value(); }

  /// How the session ended: the status, or the error that kept the workload from running. Only if
  /// `terminal()`.
  const result<exit_status>& outcome() const { return *outcome_; }

private:
  process_event(kind what, pid_t host_pid) : kind_(what), host_pid_(host_pid) {}

  kind kind_;
  pid_t host_pid_;
  std::optional<result<exit_status>> outcome_;
};

/// "ready (pid 4711)", "exited with code 0", "failed: execve: ...".
LINX_API std::string to_string(const process_event&);

} // namespace linx
