#include "birth_way.hpp"

#include <linux/sched.h>

namespace linx::spawner {

namespace {

/// One of a crowd, which does not stop, need not have a copy of the memory: when some before it have not
/// begun to run, it had better hold up the spawner until they have. They would compete with it for the
/// processor, and the exits that it has to tell would come late.
bool shares_memory(const spawn_view& request, const birth_load& load) noexcept
{
  constexpr std::size_t some = 8; // more gain little: docs/spawner.md
  if (request.has(wire::fd_role::checkpoint)) return false;
  if (!request.has(wire::spawn_flags::introduce)) return true;
  return request.has(wire::spawn_flags::auto_proceed) && load.not_running >= some;
}

/// In a new user namespace root has no power over the files outside any more, so the host's working directory
/// has to be entered before.
bool takes_setns_helper(const spawn_view& request, const birth_load& load) noexcept
{
  const std::uint32_t fresh = request.head->namespaces;
  const bool loses_power = (fresh & CLONE_NEWUSER) != 0 && load.is_root;
  return (request.head->fd_roles & wire::ns_fd_roles) != 0 || (fresh & CLONE_NEWTIME) != 0 ||
         (loses_power && request.has(wire::fd_role::cwd));
}

/// A network namespace takes half a millisecond, and many times that while the kernel tears others down:
/// nobody else's exit has to wait for it. A cgroup namespace has the cgroup as its root only when the child
/// is in that cgroup already (cgroup_namespaces(7)). A mount namespace moves the working directory along, so
/// it has to be there.
std::uint32_t own_namespaces(const spawn_view& request) noexcept
{
  std::uint32_t own = CLONE_NEWNET;
  if (request.has(wire::fd_role::cgroup)) own |= CLONE_NEWCGROUP;
  if (request.has(wire::fd_role::cwd)) own |= CLONE_NEWNS;
  return request.head->namespaces & own;
}

} // namespace

birth_way way_of(const spawn_view& request, const birth_load& load) noexcept
{
  birth_way way;
  way.own_namespaces = own_namespaces(request);
  way.clone_flags = request.head->namespaces & ~way.own_namespaces;
  way.shares_memory = shares_memory(request, load);
  if (way.shares_memory) {
    way.clone_flags |= CLONE_VM | CLONE_PIDFD;
    return way;
  }
  way.by_setns_helper = takes_setns_helper(request, load);
  if (!request.has(wire::spawn_flags::introduce)) way.clone_flags |= CLONE_PIDFD;
  if (request.has(wire::fd_role::cgroup)) {
    // Where cgroup.kill was ever used Linux 6.18 kills whoever is born there, but none that joins it.
    way.joins_cgroup = !load.has_clone3 || request.head->scope == wire::kill_scope::cgroup;
    if (!way.joins_cgroup) way.clone_flags |= CLONE_INTO_CGROUP;
  }
  return way;
}

} // namespace linx::spawner
