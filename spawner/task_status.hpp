/// What /proc/<pid>/status (proc(5)) says about the privilege of a task. Pure.
#pragma once

#include "bytes.hpp"

#include "process/protocol.hpp"

namespace linx::spawner {

struct task_status {
  wire::credentials who;
  std::uint64_t inheritable;
  std::uint64_t bounding;
  std::uint64_t ambient;
  bool has_memory; // false once it ends
};

/// False if a line is missing or is odd. Seccomp and Seccomp_filters may be missing: kernels without, or
/// before Linux 5.9. VmSize is missing from a task without memory.
bool read_task_status(bytes text, task_status& out) noexcept;

/// The number in a pidfd's `fdinfo` (proc(5)); 0 if it has ended, is not shown there, or that is no pidfd.
std::uint32_t pid_of_fdinfo(bytes text) noexcept;

} // namespace linx::spawner
