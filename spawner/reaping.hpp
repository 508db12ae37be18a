/// Exited children: tell the host, then reap.
#pragma once

#include "state.hpp"

namespace linx::spawner {

/// Sends a record for each exited child and reaps it; stops when the socket is full, and leaves the rest
/// unreaped. That is the queue: the kernel keeps a child's status as long as it is not reaped.
void report_exits(state&) noexcept;

} // namespace linx::spawner
