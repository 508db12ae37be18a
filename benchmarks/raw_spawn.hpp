// The floor of a spawn: what the kernel itself takes, from one process that does nothing else.
#pragma once

#include <string>

namespace linx::bench {

// One cycle: clone3(CLONE_VM | CLONE_VFORK | CLONE_PIDFD), execve, waitid, close. Throws std::system_error.
void raw_spawn(const std::string& program);

} // namespace linx::bench
