#include "signals.hpp"

#include "abi.hpp"

#include <asm/signal.h>
#include <linux/fcntl.h>

namespace linx::spawner {

int take_signals() noexcept
{
  constexpr std::uint64_t all = ~std::uint64_t{0};
  constexpr std::uint64_t child = std::uint64_t{1} << (SIGCHLD - 1);
  sys::call(__NR_rt_sigprocmask, SIG_SETMASK, &all, nullptr, abi::signal_set_size);
  // execve(2) keeps what the host ignores. SIGCHLD ignored would reap children behind our back, and the
  // others would be inherited by every child.
  constexpr int last = 64;
  for (int number = 1; number <= last; ++number) {
    const abi::signal_action standard{};
    sys::call(__NR_rt_sigaction, number, &standard, nullptr, abi::signal_set_size);
  }
  const long fd = sys::call(__NR_signalfd4, -1, &child, abi::signal_set_size, O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return sys::error_of(fd);
  if (fd == fd::signals) return 0;
  const long placed = sys::call(__NR_dup3, fd, fd::signals, O_CLOEXEC);
  sys::call(__NR_close, fd);
  return sys::error_of(placed);
}

} // namespace linx::spawner
