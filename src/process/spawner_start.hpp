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
/// What runs is a sealed memory file with the embedded program, and where those are forbidden
/// (vm.memfd_noexec) the installed one in a detached read-only mount, which takes CAP_SYS_ADMIN and Linux
/// 5.12: a program that a child could overwrite (CVE-2019-5736) is never run.
///
/// \param slots the memory file of the status slots; borrowed.
/// Errors: stage `spawner_start`, naming the programs that could not be run and why; stage `socketpair`.
result<io::unique_fd> start_spawner(int slots);

} // namespace linx::detail
