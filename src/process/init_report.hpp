/// The host's side of a child that has an init (process/protocol.hpp).
#pragma once

#include "process/session_machine.hpp"

#include <linx/core/result.hpp>
#include <linx/io/unique_fd.hpp>

#include <csignal>
#include <cstddef>
#include <span>

namespace linx::detail {

struct init_pipe {
  io::unique_fd host, init;
};

/// The pipe for an init_report; reading from it never waits. Errors: stage `pipe2`.
result<init_pipe> open_init_report();

/// How the workload ended: what the init says where that fits to how the init ended, which is what `init`
/// tells. Pure.
exit_record end_of_workload(exit_record init, std::span<const std::byte> report) noexcept;

/// The same, of the report in the pipe. The init has written it before it ended.
exit_record end_of_workload(exit_record init, int pipe) noexcept;

/// What stops a workload under an init.
siginfo_t carrier_of_stop() noexcept;

} // namespace linx::detail
