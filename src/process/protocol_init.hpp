/// What process 1 says of its workload, and how far that is believed: for the host, and for the spawner of a
/// child without one. Part of the protocol of process/protocol.hpp, and as free of any library as that.
#pragma once

#include "process/protocol.hpp"

#include <cstddef>
#include <cstdint>

namespace linx::wire {

inline constexpr std::int32_t ended_exited = 1; // CLD_EXITED, CLD_KILLED, CLD_DUMPED of sigaction(2)
inline constexpr std::int32_t ended_killed = 2;
inline constexpr std::int32_t ended_dumped = 3;

/// `code` and `status`, as of waitid(2), say how process 1 ended; then how its workload did, where what
/// fd_role::report held is a whole report and fits to that. Else they stay.
inline void take_init_report(std::int32_t& code, std::int32_t& status, const std::byte* report,
                             std::size_t size) noexcept
{
  constexpr std::int32_t last_signal = 64;
  init_report told{};
  if (code != ended_exited || size != sizeof told) return;
  __builtin_memcpy(&told, report, sizeof told);
  const bool killed = told.code == ended_killed || told.code == ended_dumped;
  if (!killed || told.signal < 1 || told.signal > last_signal || status != exit_signaled + told.signal)
    return;
  code = told.code;
  status = told.signal;
}

} // namespace linx::wire
