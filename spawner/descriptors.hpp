/// The numbers of the spawner's own descriptors, and closing many.
#pragma once

#include "syscall.hpp"

#include "process/protocol.hpp"

namespace linx::spawner {

/// Descriptors of the spawner, from its start to its end. Received ones follow in a row.
namespace fd {
inline constexpr int control = wire::control_fd;
inline constexpr int slots = wire::slots_fd;
inline constexpr int host = wire::host_fd;
inline constexpr int signals = 6;        // signalfd for SIGCHLD
inline constexpr int host_directory = 7; // O_PATH of the host's directory in /proc; see asker.hpp
inline constexpr int host_status = 8;    // of the thread that asked last
inline constexpr int host_user = 9;      // its user namespace, as a link
inline constexpr int cgroup = host_user; // of a child that is ended by it: after that nobody asks for another
inline constexpr int proc = 10;          // O_PATH of /proc, or of /dev/null where there is none
inline constexpr int self = 11;          // pidfd of the spawner
inline constexpr int received = 12;

// Once the child is parked, in the place of what only a host needs (parking.hpp).
inline constexpr int controller = control; // the connection of whoever has it
inline constexpr int page = slots;         // the child's status
inline constexpr int listener = host;
inline constexpr int checkpoint = host_directory; // the host's end
inline constexpr int directory = host_status;     // that the listener and the exit record are in
inline constexpr int report = self;               // the host's end, of an init
} // namespace fd

inline constexpr unsigned last_descriptor = ~0u;

/// Closes first..last. close_range(2) is 5.9 and some container profiles forbid it; then no descriptor above
/// `highest` may be open.
inline void close_between(unsigned first, unsigned last, unsigned highest = 4096) noexcept
{
  if (first > last || sys::call(__NR_close_range, first, last, 0) == 0) return;
  for (unsigned fd = first; fd <= last && fd <= highest; ++fd) sys::call(__NR_close, fd);
}

/// Leaves first_kept..last_kept and what is above `last_own` of the spawner's. All that is open lies in a
/// row: the spawner's own, what came for this child, what came for the next ones.
inline void close_foreign(int first, int first_kept, int last_kept, int last_own) noexcept
{
  close_between(static_cast<unsigned>(first), static_cast<unsigned>(last_own));
  close_between(fd::received, static_cast<unsigned>(first_kept) - 1);
  close_between(static_cast<unsigned>(last_kept) + 1, last_descriptor);
}

} // namespace linx::spawner
