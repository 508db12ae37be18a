#include "orphans.hpp"

#include "descriptors.hpp"
#include "reaping.hpp"
#include "signals.hpp"

#include <asm/signal.h>
#include <linux/time.h>

namespace linx::spawner {

namespace {

std::uint64_t now_ms() noexcept
{
  __kernel_timespec now{};
  sys::call(__NR_clock_gettime, CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000 + static_cast<std::uint64_t>(now.tv_nsec) / 1'000'000;
}

void kill(const child_record& child, int signal) noexcept
{
  sys::call(__NR_kill, child.pid, signal);
}

/// SIGTERM would be lost on the init of a pid namespace without a handler for it: the grace would be for
/// nothing.
bool dies_at_once(const child_record& child) noexcept
{
  return child.orphan == wire::orphan_policy::kill ||
         (child.orphan == wire::orphan_policy::terminate && (child.is_init || child.grace_ms == 0));
}

void begin(state& state) noexcept
{
  state.children.for_each([](child_record& child) {
    if (dies_at_once(child)) {
      kill(child, SIGKILL);
    } else if (child.orphan == wire::orphan_policy::terminate) {
      kill(child, SIGTERM);
      kill(child, SIGCONT); // a stopped process takes no SIGTERM
    }
  });
}

/// Kills those whose grace is over; returns the time until the next one's is, or 0 for none.
std::uint64_t enforce(state& state, std::uint64_t passed) noexcept
{
  std::uint64_t next = 0;
  state.children.for_each([&](child_record& child) {
    if (child.orphan != wire::orphan_policy::terminate || dies_at_once(child)) return;
    if (child.grace_ms <= passed) {
      child.orphan = wire::orphan_policy::kill;
      kill(child, SIGKILL);
      return;
    }
    const std::uint64_t left = child.grace_ms - passed;
    if (next == 0 || left < next) next = left;
  });
  return next;
}

} // namespace

void end_orphans(state& state) noexcept
{
  state.control.abandon();
  const std::uint64_t start = now_ms();
  begin(state);
  for (;;) {
    report_exits(state);
    if (state.children.tied() == 0) return;
    const std::uint64_t wait = enforce(state, now_ms() - start);
    const __kernel_timespec timeout{static_cast<long>(wait / 1000),
                                    static_cast<long>(wait % 1000 * 1'000'000)};
    pollfd signals{fd::signals, POLLIN, 0};
    if (sys::poll(&signals, 1, wait == 0 ? nullptr : &timeout) > 0) forget_signals();
  }
}

} // namespace linx::spawner
