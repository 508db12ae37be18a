/// The spawner's signals: all are blocked, SIGCHLD is read from a descriptor.
///
/// Blocked is better than ignored: what the terminal sends (INT, QUIT, TSTP, HUP, TTIN, TTOU) and a TERM to
/// the process group have no effect either way, and a child has its defaults back with one system call.
#pragma once

#include "descriptors.hpp"
#include "syscall.hpp"

#include <linux/signalfd.h>

namespace linx::spawner {

/// Resets all dispositions, blocks all signals and opens the descriptor as fd::signals: 0 or the errno.
int take_signals() noexcept;

/// Where poll(2) fails, the loops look at everything that often.
inline constexpr long pause_without_poll_us = 5000;

/// Empties the descriptor. SIGCHLD is no count: several exits may be one signal.
inline void forget_signals() noexcept
{
  signalfd_siginfo info[4];
  sys::call(__NR_read, fd::signals, info, sizeof info);
}

} // namespace linx::spawner
