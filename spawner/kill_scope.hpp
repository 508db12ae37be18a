/// The end of a child with all that goes along.
#pragma once

#include "state.hpp"

namespace linx::spawner {

/// Makes the spawner one for a child of this scope: 0 or the errno. `cgroup`: the descriptor that came for
/// it, if its scope is that.
int prepare_scope(state&, wire::kill_scope, int cgroup) noexcept;

/// SIGKILL to all that is in the child's scope, and waits until that is gone: for two seconds at most where
/// somebody may not be signalled (credentials of its own), or does not die.
///
/// Only what cannot be another's is signalled: a child of this process that only this process reaps, or what
/// the kernel says to be a member of a group or session whose number is kept by the child that has not been
/// reaped.
void end_scope(const child_record&) noexcept;

} // namespace linx::spawner
