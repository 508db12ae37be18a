/// Whether a program can be executed, asked without doing it.
#pragma once

namespace linx::spawner {

/// 0 or the errno of execve(2): by execveat(2) with AT_EXECVE_CHECK (Linux 6.14), which looks at everything
/// but the format of the file and its interpreter. Before that the mode of the file, its kind and its mount
/// count, and neither the length of the arguments nor a security module.
int may_execute(const char* path, const char* const* argv, const char* const* envp) noexcept;

} // namespace linx::spawner
