#include "orphans.hpp"

#include "birth.hpp"
#include "clock.hpp"
#include "decimal.hpp"
#include "descriptors.hpp"
#include "kill_scope.hpp"
#include "reaping.hpp"
#include "signals.hpp"
#include "watch.hpp"

#include <asm/signal.h>
#include <linux/fcntl.h>

namespace linx::spawner {

namespace {

void kill(const child_record& child, int signal) noexcept
{
  sys::call(__NR_kill, child.pid, signal);
}

/// One line after the other of /proc/<pid>/status (proc(5)), of which only the beginning counts: the groups
/// may be thousands.
class status_lines {
public:
  /// True at the end of a line that says that SIGTERM is caught or blocked.
  bool ends_with(char next) noexcept
  {
    if (next != '\n') {
      if (length_ != sizeof line_) line_[length_++] = next;
      return false;
    }
    const bool whole = length_ == sizeof line_;
    length_ = 0;
    return whole && (names("SigBlk:") || names("SigCgt:")) && has_sigterm();
  }

private:
  static constexpr std::size_t name_length = 7; // and a tab, then 16 digits
  bool names(const char (&field)[name_length + 1]) const noexcept
  {
    return __builtin_memcmp(line_, field, name_length) == 0;
  }
  bool has_sigterm() const noexcept
  {
    static_assert(SIGTERM == 15); // bit 14, the third of the fourth digit from the right
    const char digit = line_[sizeof line_ - 4];
    const int value = digit <= '9' ? digit - '0' : digit - 'a' + 10;
    return (value & 4) != 0;
  }

  char line_[name_length + 1 + 16];
  std::size_t length_ = 0;
};

/// Whether SIGTERM reaches the init of a pid namespace: the kernel drops what such a process has no handler
/// for and does not block (pid_namespaces(7)).
bool hears_sigterm(const child_record& child) noexcept
{
  constexpr char name[] = "/status";
  char path[24 + sizeof name];
  const decimal pid(child.pid);
  __builtin_memcpy(path, pid.data(), pid.size());
  __builtin_memcpy(path + pid.size(), name, sizeof name);
  const long file = sys::call(__NR_openat, fd::proc, path, O_RDONLY | O_CLOEXEC, 0);
  if (file < 0) return false;
  status_lines lines;
  bool hears = false;
  char part[1024];
  for (long size = 1; size > 0 && !hears;) {
    size = sys::call(__NR_read, file, part, sizeof part);
    for (long i = 0; i < size && !hears; ++i) hears = lines.ends_with(part[i]);
  }
  sys::call(__NR_close, file);
  return hears;
}

bool dies_at_once(const child_record& child) noexcept
{
  return child.orphan == wire::orphan_policy::kill ||
         (child.orphan == wire::orphan_policy::terminate && child.grace_ms == 0);
}

void kill_hanging(const state& state) noexcept
{
  if (!somebody_hangs(state)) return;
  for (const worker& each : state.crew) {
    const bool hangs = load_duty(each) == duty::overtaken && each.hanging > 0;
    if (hangs && each.head().orphan != wire::orphan_policy::outlive)
      sys::call(__NR_kill, each.hanging, SIGKILL);
  }
}

void begin(state& state) noexcept
{
  kill_hanging(state);
  state.children.for_each([](child_record& child) {
    // Without a handler the grace would be for nothing.
    if (child.orphan == wire::orphan_policy::terminate && child.is_init && !hears_sigterm(child))
      child.orphan = wire::orphan_policy::kill;
    if (child.orphan != wire::orphan_policy::outlive) child.kill_rest = true;
    if (dies_at_once(child)) {
      end_scope(child);
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
      end_scope(child);
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
    if (somebody_hangs(state)) conclude_births(state);
    report_exits(state);
    if (state.children.tied() == 0) return;
    const std::uint64_t wait = enforce(state, now_ms() - start);
    pollfd signals{fd::signals, POLLIN, 0};
    const long found = sys::poll(&signals, 1, wait == 0 ? sys::for_ever : static_cast<long>(wait));
    if (found > 0) forget_signals();
    if (found < 0) sys::sleep_us(pause_without_poll_us);
  }
}

} // namespace linx::spawner
