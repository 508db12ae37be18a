/// Steps about what the child sees as files: mounts, its root, and the files of /proc/sys.
#pragma once

#include "bytes.hpp"

namespace linx::spawner {

/// mount(2): 0 or the errno. `payload` is a step_mount and its strings.
int mount(bytes payload) noexcept;

/// Makes `path` the root, takes the old one away, and goes to "/": 0 or the errno.
int pivot_root(const char* path) noexcept;

/// Writes a value, in the namespaces of the calling process: 0 or the errno; EXDEV when /proc/sys is no
/// proc(5) or something is mounted over the key. `payload` is the path beneath /proc/sys and its NUL, then
/// the value.
int write_sysctl(bytes payload) noexcept;

} // namespace linx::spawner
