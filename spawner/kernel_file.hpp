/// Reading and writing the small files of proc(5) and cgroup v2, and only if it is those that are written to:
/// in a mount namespace that was entered somebody else has decided what /proc is and what lies over its
/// files.
#pragma once

#include "syscall.hpp"

#include <linux/magic.h>

namespace linx::spawner {

bool is_on(long fd, long file_system) noexcept;

/// /proc or a directory in it, under this path of the calling process: a descriptor, or -errno; -EXDEV: it is
/// no proc(5). The caller closes it.
long open_proc(const char* path) noexcept;

/// Reads a number from a file; false when there is none to read.
bool read_number(int directory, const char* path, std::int32_t& value) noexcept;

/// Opens a file beneath the directory, behind no other mount, makes sure on which kind of file system it is,
/// and writes the whole text with one write(2): 0 or the errno; EXDEV: it is somewhere else.
int write_kernel_file(int directory, const char* path, long file_system, const void* text,
                      std::size_t size) noexcept;

/// The one of the calling process. While it is not dumpable its files are root's; `alone`: it may be for that
/// moment, as there is nobody who would make use of it.
int write_oom_score(int proc, std::int32_t value, bool alone) noexcept;

} // namespace linx::spawner
