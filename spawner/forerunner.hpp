/// The process that goes ahead of a child into namespaces that the spawner itself must not enter.
///
/// It enters the given namespaces (setns(2)), makes a time namespace where one is asked for, and makes the
/// child as its sibling (CLONE_PARENT), so that the child is the spawner's and starts inside all of them.
/// Time namespaces come from here, too: clone3(CLONE_NEWTIME) would freeze its offsets at birth, and writing
/// them while the child is parked takes effect at execve only since 6.3.
#pragma once

#include "nursery.hpp"
#include "process_maker.hpp"
#include "request.hpp"

namespace linx::spawner {

constexpr bool needs_forerunner(const wire::spawn_request& head) noexcept
{
  return (head.fd_roles & wire::ns_fd_roles) != 0 || (head.namespaces & CLONE_NEWTIME) != 0;
}

/// Makes the child through a forerunner: errand.pid and pidfd, or error and where, tell how it went. The note
/// lies in the nursery, and with it the request.
void send_forerunner(errand&) noexcept;

} // namespace linx::spawner
