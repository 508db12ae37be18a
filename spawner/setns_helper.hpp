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

namespace linx::spawner {

struct setns_outcome {
  int pid = 0; // of the child; or there is none, because of:
  int error = 0;
  wire::stage where = wire::stage::none;
};

/// Makes the child of this order through a setns helper. The note lies in the request area, and with it the
/// request.
setns_outcome make_by_setns_helper(state&, worker&, child_note&, const clone_order&) noexcept;

} // namespace linx::spawner
