/// How far the end of a child reaches.
///
/// Part of the protocol of process/protocol.hpp, and as free of any library as that.
#pragma once

#include <cstdint>

namespace linx::wire {

/// What goes along when the spawner ends the child: at the frame `kill`, by its orphan policy, and with
/// spawn_flags::kill_rest when it has ended by itself.
enum class kill_scope : std::uint8_t {
  process = 0,
  group = 1,   // that the child leads
  session = 2, // that the child leads
  // All descendants. The spawner becomes a subreaper and takes no other request, before or after it: so all
  // its children are this one's
  tree = 3,
  cgroup = 4, // all of fd_role::cgroup, by cgroup.kill (5.14). Here, too, it takes no other request
};

constexpr bool takes_a_spawner(kill_scope scope) noexcept
{
  return scope == kill_scope::tree || scope == kill_scope::cgroup;
}

} // namespace linx::wire
