/// The working directory that a step names.
#pragma once

namespace linx::spawner {

/// Resolves the path in the child's root, symbolic links and all, but through no magic link: those of
/// /proc/<pid>/fd, cwd and root lead wherever somebody has a descriptor, also out of the root. 0 or the
/// errno: ELOOP for a magic link, EXDEV for a directory that is not beneath the root.
///
/// openat2(2) is 5.6, and a seccomp filter may refuse it. Then magic links are followed as far as they stay
/// beneath the root.
int enter_directory(const char* path) noexcept;

} // namespace linx::spawner
