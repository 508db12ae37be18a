/// The process that goes ahead of a child into namespaces that the spawner itself must not enter.
///
/// It enters the given namespaces (setns(2)), makes a time namespace where one is asked for, and makes the
/// child as its sibling (CLONE_PARENT), so that the child is the spawner's and starts inside all of them.
/// Time namespaces come from here, too: clone3(CLONE_NEWTIME) would freeze its offsets at birth, and writing
/// them while the child is parked takes effect at execve only since 6.3.
///
/// Somebody else may be root where it goes. So it first takes the child's request and gives up what is the
/// spawner's, as the child itself would.
#pragma once

#include "process_maker.hpp"
#include "request.hpp"
#include "state.hpp"

#include <linux/sched.h>

namespace linx::spawner {

/// In a new user namespace root has no power over the files outside any more, so the host's working directory
/// has to be entered before.
constexpr bool needs_forerunner(const wire::spawn_request& head, std::uint32_t euid) noexcept
{
  const bool loses_power = (head.namespaces & CLONE_NEWUSER) != 0 && euid == 0;
  return (head.fd_roles & wire::ns_fd_roles) != 0 || (head.namespaces & CLONE_NEWTIME) != 0 ||
         (loses_power && has(head.fd_roles, wire::fd_role::cwd));
}

struct journey {
  int pid = 0; // of the child; or there is none, because of:
  int error = 0;
  wire::stage where = wire::stage::none;
};

/// Makes the child of this order through a forerunner. The note lies in the nursery, and with it the request.
journey send_forerunner(state&, worker&, child_note&, const clone_order&) noexcept;

} // namespace linx::spawner
