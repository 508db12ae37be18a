/// What is known about a session at one moment.
#pragma once

#include <linx/core/result.hpp>
#include <linx/core/stage.hpp>
#include <linx/ns/kind.hpp>
#include <linx/process/exit_status.hpp>

#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace linx {

/// Where a session stands. The last four are terminal, and a session reaches exactly one of them.
enum class process_state : std::uint8_t {
  starting, ///< the request is on its way to the spawner
  spawned,  ///< the child exists and is being set up
  ready,    ///< the child is parked at the checkpoint
  running,  ///< execve has succeeded
  exited,
  signaled,
  aborted,
  failed, ///< the workload never ran, or nobody can say how it ended
};

/// "starting", "ready", "signaled", ...
LINX_API std::string_view to_string(process_state) noexcept;

inline bool is_terminal(process_state s) noexcept
{
  return s >= process_state::exited;
}

/// How the child came to its namespaces.
enum class process_mode : std::uint8_t { spawn, enter, attach };

/// A snapshot of a session, valid at any time and also after its end.
struct process_info {
  process_mode mode = process_mode::spawn;
  process_state state = process_state::starting;
  pid_t host_pid = 0;  ///< pid in the host's pid namespace; 0 until the child exists
  pid_t child_pid = 0; ///< pid as the child sees it; 0 until it is ready
  std::vector<std::string> argv;
  std::vector<ns::kind> namespaces; ///< those made for the child
  std::vector<ns::kind> entered;    ///< those of another process that it was started in
  std::vector<stage> taken;         ///< `process::attach`: the steps that it had taken by then, 2,000 at most
  std::optional<result<exit_status>> outcome; ///< empty until the end
  std::optional<struct ::rusage> usage;       ///< with the exit record only
};

} // namespace linx
