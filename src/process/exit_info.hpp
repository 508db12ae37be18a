/// How a process ended, as its pidfd tells it.
#pragma once

#include "process/session_machine.hpp"

#include <optional>
#include <string>

namespace linx::detail {

enum class exit_answer : std::uint8_t { known, not_yet, unsupported };

struct exit_info {
  exit_answer answer;
  exit_record record;
};

/// `PIDFD_GET_INFO` with `PIDFD_INFO_EXIT` (Linux 6.15). The kernel answers only after the process was
/// reaped, by whoever does that for an orphan: not_yet until then.
exit_info query_exit_info(int pidfd) noexcept;

/// "linx-spawner 4711 was killed by signal 9 (SIGKILL)", or as much of it as is known.
std::string spawner_death(pid_t pid, int pidfd);

} // namespace linx::detail
