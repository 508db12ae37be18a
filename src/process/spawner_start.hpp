/// Starts a linx-spawner that is nobody's child.
#pragma once

#include <linx/core/result.hpp>
#include <linx/io/unique_fd.hpp>

namespace linx::detail {

/// Runs linx-spawner double-forked and returns the host's end of its control socket.
///
/// Two clone(2) calls with CLONE_VM|CLONE_VFORK: nothing of the host's memory is copied however much there
/// is, and the calling thread stands still until the program runs (about 0.2 ms). The process in between
/// has exit signal 0, so that no SIGCHLD is sent for it and no plain wait(2) loop of the consumer can see
/// it; it is gone when this returns.
///
/// \param slots the memory file of the status slots; borrowed.
/// Errors: stage `spawner_start`, naming the program that could not be run; stage `socketpair`.
result<io::unique_fd> start_spawner(int slots);

} // namespace linx::detail
