#include "reaping.hpp"

#include "kill_scope.hpp"
#include "service.hpp"
#include "syscall.hpp"
#include "watch.hpp"

#include <asm/errno.h>
#include <linux/wait.h>

namespace linx::spawner {

namespace {

template <class Time>
std::uint64_t microseconds(const Time& time) noexcept
{
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(time.tv_usec);
}

/// A spawner that cannot hear of its children's ends is no use, and a host that waits for one would wait for
/// ever: this way it hears that its spawner is dead.
[[noreturn]] void give_up() noexcept
{
  sys::exit(1);
}

/// Before the end of a child is told, nothing is left of what was to go with it.
void end_the_rest(state& state, child_record& child) noexcept
{
  if (child.scope == wire::kill_scope::process || child.told) return;
  // The host may have said so right before it let the child end.
  if (!child.kill_rest && state.is_taken && !state.control.is_closed()) hear_out(state);
  if (child.kill_rest) end_scope(child);
}

} // namespace

wire::exited_record record_of(const child_record& child, const siginfo_t& info, const rusage& usage) noexcept
{
  wire::exited_record record{};
  record.header = {sizeof record, wire::version, 0, wire::frame_type::exited, child.id};
  record.pid = child.pid;
  record.code = info.si_code;
  record.status = info.si_status;
  record.user_us = microseconds(usage.ru_utime);
  record.system_us = microseconds(usage.ru_stime);
  record.max_rss_kib = static_cast<std::uint64_t>(usage.ru_maxrss);
  record.minor_faults = static_cast<std::uint64_t>(usage.ru_minflt);
  record.major_faults = static_cast<std::uint64_t>(usage.ru_majflt);
  record.blocks_in = static_cast<std::uint64_t>(usage.ru_inblock);
  record.blocks_out = static_cast<std::uint64_t>(usage.ru_oublock);
  record.voluntary_switches = static_cast<std::uint64_t>(usage.ru_nvcsw);
  record.involuntary_switches = static_cast<std::uint64_t>(usage.ru_nivcsw);
  return record;
}

void report_exits(state& state) noexcept
{
  for (;;) {
    if (state.control.blocked()) return;
    siginfo_t info{};
    rusage usage{};
    const long found = sys::call(__NR_waitid, P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL, &usage);
    if (found < 0 && (found != -ECHILD || state.children.count() != 0)) give_up();
    if (found < 0 || info.si_pid == 0) break;
    if (child_record* const child = state.children.find(static_cast<std::uint32_t>(info.si_pid))) {
      end_the_rest(state, *child);
      if (state.control.blocked()) return;
      if (!child->told) {
        child->told = true;
        const wire::exited_record record = record_of(*child, info, usage);
        state.control.send(&record);
        if (state.control.blocked()) return; // its pid stays taken until the record is out
      }
      leave_request_slot(child->request_slot,
                         child->owner); // killed before it ran, it has not left by itself
      state.children.erase(*child);
    } else if (somebody_hangs(state)) {
      return; // its birth is not concluded; there will be another SIGCHLD
    }
    const long reaped =
        sys::call(__NR_waitid, P_PID, info.si_pid, nullptr, WEXITED | WNOHANG | __WALL, nullptr);
    if (reaped < 0 && reaped != -ECHILD) give_up();
    if (state.children.count() == 0) break;
  }
  state.exits_pending = false;
}

} // namespace linx::spawner
