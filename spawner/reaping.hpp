/// Exited children: tell the host, then reap.
#pragma once

#include "state.hpp"

#include <asm/siginfo.h>
#include <linux/resource.h>

namespace linx::spawner {

wire::exited_record record_of(const child_record&, const siginfo_t&, const rusage&) noexcept;

/// Sends a record for each exited child and reaps it; stops when the socket is full, and leaves the rest
/// unreaped. That is the queue: the kernel keeps a child's status as long as it is not reaped.
void report_exits(state&) noexcept;

} // namespace linx::spawner
