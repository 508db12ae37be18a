/// The init of a pid namespace: process 1, and the parent of the workload.
#pragma once

#include "syscall.hpp"

namespace linx::spawner {

/// What the init does until the workload `pid` has ended; it then ends the same way, as far as a process 1
/// can (protocol.hpp), and the kernel kills what is left in the namespace. First it gives up all memory that
/// it shares with others, and every descriptor but `report`. `highest`: no descriptor above it is open.
/// `dumpable`: then whoever has its user may look at it.
[[noreturn]] void run_init(int pid, int report, unsigned highest, bool dumpable) noexcept;

} // namespace linx::spawner
