// The directory of a process in /proc, found by its pidfd and by nothing else.
#pragma once

#include <linx/core/result.hpp>
#include <linx/io/unique_fd.hpp>

#include <optional>
#include <string_view>

#include <sys/types.h>

namespace linx::detail {

/// The number in a pidfd's `fdinfo` entry (Linux 5.2); pure. -1: it has ended; 0: it has none in the pid
/// namespace of that /proc. Nothing if the text is not that of a pidfd.
std::optional<pid_t> pid_of_fdinfo(std::string_view text);

/// The number by which the /proc that is mounted here knows the process of a pidfd: as pid_of_fdinfo(). It is
/// another than the caller knows it by where that /proc is of another pid namespace.
std::optional<pid_t> pid_in_proc(int pidfd);

/// O_PATH of `/proc/<pid>`. The number comes from the same mount, and afterwards the pidfd says that the
/// process has not been reaped, so it was its own all the time.
///
/// Errors: stage `open`: `ESRCH` once the process has been reaped; `ENOENT` where /proc does not show it, or
/// is no proc file system.
result<io::unique_fd> open_process_directory(int pidfd);

} // namespace linx::detail
