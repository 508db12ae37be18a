/// How far the end of a child reaches.
#pragma once

#include <linx/core/config.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace linx {

/// What is ended along with a child when the host ends it: by `process::kill` and `process::abort`, by
/// dropping its handle, by a time limit, by a supervisor, by the orphan policy when the host is gone. Always
/// by SIGKILL.
///
/// No scope reaches a process that is not a descendant of the child; `cgroup` reaches what was put into the
/// cgroup.
enum class kill_scope : std::uint8_t {
  process, ///< the child alone
  group,   ///< the process group that it leads: with `process_group()` or `session()`
  session, ///< all groups of the session that it leads: with `session()` or a terminal
  /// All that it has started, and what these have started, whatever they did to get away (fork twice,
  /// setsid(2)). Takes no privilege. The child has a linx-spawner of its own, which costs the start of a
  /// small program and 80 KiB.
  tree,
  cgroup, ///< all in the cgroup of `resources::cgroup()`, by its file cgroup.kill (Linux 5.14)
};

/// "process", "group", "session", "tree", "cgroup".
LINX_API std::string_view to_string(kill_scope) noexcept;
LINX_API std::optional<kill_scope> parse_kill_scope(std::string_view) noexcept;

} // namespace linx
