/// The end of a child together with the processes of its group.
#pragma once

#include <linx/core/result.hpp>

namespace linx {

class process;

namespace detail {

/// SIGKILL to the process group that the child leads, by its pidfd (PIDFD_SIGNAL_PROCESS_GROUP, Linux 6.9);
/// before that by the number, while the child has not been reaped and the number is its own.
/// Errors: `errc::no_process` if there is no such group, any more or yet; stage `signal` with `EPERM`.
result<> kill_group(process&);

} // namespace detail
} // namespace linx
