#include "init.hpp"

#include "abi.hpp"
#include "descriptors.hpp"
#include "own_memory.hpp"

#include <asm/errno.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <linux/fcntl.h>
#include <linux/wait.h>

namespace linx::spawner {

namespace {

constexpr int report_fd = 0;

/// The workload may run under the same ids and so read, and write, what this process has: nothing of the
/// host's other children is left in it.
void give_up_the_rest(int report, unsigned highest, bool dumpable) noexcept
{
  unmap_slot();
  sys::call(__NR_chdir, "/");
  sys::call(__NR_prctl, PR_SET_NAME, "linx-init", 0, 0, 0);
  // Out of the workload's group: what a terminal or a kill(2) sends to that reaches the workload by itself.
  // And out of its session: else the kernel would take the workload's end for that of a shell's job, and send
  // SIGHUP to the group, which may be the host's, where a member is stopped (setpgid(2), "orphaned").
  sys::call(__NR_setsid);
  if (dumpable) set_dumpable(true);
  if (report != report_fd) sys::call(__NR_dup3, report, report_fd, O_CLOEXEC);
  close_between(report_fd + 1, last_descriptor, highest); // last: the workload waits for it
}

[[noreturn]] void end_like(const siginfo_t& workload, int report) noexcept
{
  if (workload.si_code == CLD_EXITED) sys::exit(workload.si_status);
  const wire::init_report record{workload.si_code, workload.si_status};
  sys::call(__NR_write, report, &record, sizeof record);
  sys::exit(wire::exit_signaled + workload.si_status);
}

void reap(int workload) noexcept
{
  for (;;) {
    siginfo_t info{};
    const long found = sys::call(__NR_waitid, P_ALL, 0, &info, WEXITED | WNOHANG | __WALL, nullptr);
    if (found < 0 || info.si_pid == 0) return;
    if (info.si_pid == workload) end_like(info, report_fd);
  }
}

/// Only what was sent from outside of the namespace, which the kernel shows as sent by process 0. From inside
/// a process 1 takes no signal that it has no handler for, and the workload gets back none that it sent.
void forward(const siginfo_t& info, int workload) noexcept
{
  if (info.si_code > 0 || info.si_pid != 0) return;
  const bool stops =
      info.si_signo == wire::stop_carrier && info.si_code == SI_QUEUE && info.si_int == SIGSTOP;
  sys::call(__NR_kill, workload, stops ? SIGSTOP : info.si_signo);
}

} // namespace

[[noreturn]] void run_init(int pid, int report, unsigned highest, bool dumpable) noexcept
{
  give_up_the_rest(report, highest, dumpable);
  // All signals are blocked since the spawner, and blocked ones are not ignored, whatever their disposition.
  constexpr std::uint64_t all = ~std::uint64_t{0};
  for (;;) {
    siginfo_t info{};
    const long signal = sys::call(__NR_rt_sigtimedwait, &all, &info, nullptr, abi::signal_set_size);
    if (signal < 0) continue;         // EINTR, after a stop
    if (signal == SIGCHLD) reap(pid); // several exits may be one signal
    forward(info, pid);
  }
}

} // namespace linx::spawner
