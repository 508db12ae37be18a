/// The end of a child whose spawner cannot be asked for it.
#pragma once

#include <linx/process/kill_scope.hpp>

namespace linx::detail {

/// SIGKILL as far as the host itself can reach without a race: the child by its pidfd, its group likewise
/// (PIDFD_SIGNAL_PROCESS_GROUP, Linux 6.9), its cgroup by the directory. 0 or the errno of signalling the
/// child.
///
/// \param pidfd -1: none.
/// \param cgroup -1: none.
int kill_directly(kill_scope, int pidfd, int cgroup) noexcept;

/// 0, or why the cgroup cannot be ended: the errno of looking for cgroup.kill, EINVAL for no cgroup v2.
int check_cgroup_kill(int directory) noexcept;

} // namespace linx::detail
