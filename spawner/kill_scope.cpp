#include "kill_scope.hpp"

#include "clock.hpp"
#include "descriptors.hpp"
#include "kernel_file.hpp"
#include "process_numbers.hpp"

#include <asm/errno.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <linux/fcntl.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/wait.h>

namespace linx::spawner {

namespace {

constexpr std::uint64_t patience_ms = 2000; // without anybody's end, with those that may not be killed
/// The same with those that were killed and have not ended: a busy machine does not let them come to it. What
/// hangs in the kernel looks alike.
constexpr std::uint64_t patience_with_dying_ms = 10'000;
constexpr std::uint64_t longest_end_ms =
    30'000;                             // of something that makes processes as fast as they are killed
constexpr unsigned fewest_rounds = 8;   // without a list each takes seconds
constexpr unsigned rounds_of_calm = 32; // until it is taken for such a thing
constexpr long pause_us = 200;
constexpr long longest_pause_us = 10'000;

/// By the kernel's word, which no list in /proc is: a zombie's children have found another parent already.
bool has_living_children() noexcept
{
  siginfo_t info{};
  return sys::call(__NR_waitid, P_ALL, 0, &info, WSTOPPED | WNOHANG | WNOWAIT | __WALL, nullptr) != -ECHILD;
}

enum class kin : std::uint8_t { none, living, ended };

kin kin_of(std::uint32_t pid) noexcept
{
  siginfo_t info{};
  constexpr int look = WEXITED | WNOHANG | WNOWAIT | __WALL;
  if (sys::call(__NR_waitid, P_PID, pid, &info, look, nullptr) != 0) return kin::none;
  return info.si_pid == 0 ? kin::living : kin::ended;
}

/// All descendants are this process's children, once those between have ended. So only children are
/// signalled: what they have made comes up when they are gone.
class tree {
public:
  explicit tree(std::uint32_t root) noexcept : root_(root) {}

  void end() noexcept
  {
    const std::uint64_t begin = now_ms();
    std::uint64_t last_end = begin;
    long pause = pause_us;
    for (unsigned round = 0;; ++round) {
      met_ = killed_ = reaped_ = 0;
      for_each_listed([this](std::uint32_t pid) { end_child(pid); });
      if (!has_living_children()) return;
      if (met_ == 0) for_each_possible([this](std::uint32_t pid) { end_child(pid); });
      const std::uint64_t now = now_ms();
      if (reaped_ != 0) last_end = now;
      const std::uint64_t patience = killed_ != 0 ? patience_with_dying_ms : patience_ms;
      const bool is_vain = now - last_end > patience || now - begin > longest_end_ms;
      if (is_vain && round >= fewest_rounds) return;
      // Those that are killed need the processor to end. Only what makes ever more of them is a race.
      if (round >= rounds_of_calm && reaped_ != 0) sys::call(__NR_setpriority, PRIO_PROCESS, 0, -20);
      pause = reaped_ != 0 ? pause_us : pause * 2 < longest_pause_us ? pause * 2 : longest_pause_us;
      sys::sleep_us(pause);
    }
  }

private:
  /// The root stays unreaped, for it has a record to be sent.
  void end_child(std::uint32_t pid) noexcept
  {
    const kin what = kin_of(pid);
    if (what == kin::none) return;
    ++met_;
    if (what == kin::living && sys::call(__NR_kill, pid, SIGKILL) == 0) ++killed_;
    siginfo_t info{};
    if (pid == root_) return;
    if (sys::call(__NR_waitid, P_PID, pid, &info, WEXITED | WNOHANG | __WALL, nullptr) == 0 &&
        info.si_pid != 0)
      ++reaped_;
  }

  std::uint32_t root_;
  unsigned met_ = 0;
  unsigned killed_ = 0;
  unsigned reaped_ = 0;
};

/// Members are descendants, for whoever leaves a session makes one of his own.
class session {
public:
  explicit session(std::uint32_t leader) noexcept : leader_(leader) {}

  void end() noexcept
  {
    const std::uint64_t begin = now_ms();
    do {
      living_ = 0;
      if (lists_own_numbers())
        for_each_listed([this](std::uint32_t pid) { end_member(pid); });
      else
        for_each_possible([this](std::uint32_t pid) { end_member(pid); });
      if (living_ == 0) return;
      sys::sleep_us(pause_us);
    } while (now_ms() - begin < patience_ms);
  }

private:
  bool is_member(std::uint32_t pid) const noexcept { return sys::call(__NR_getsid, pid) == leader_; }

  /// The number counts only while the process is there that the descriptor stands for.
  void end_member(std::uint32_t pid) noexcept
  {
    if (pid == leader_ || !is_member(pid)) return;
    const long pidfd = sys::call(__NR_pidfd_open, pid, 0);
    if (pidfd < 0) return;
    const bool signalled =
        is_member(pid) && sys::call(__NR_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0) == 0;
    pollfd end{static_cast<int>(pidfd), POLLIN, 0};
    if (signalled && sys::poll(&end, 1, 0) == 0) ++living_;
    sys::call(__NR_close, pidfd);
  }

  /// Whether /proc is of this pid namespace.
  static bool lists_own_numbers() noexcept
  {
    char text[16];
    const long size = sys::call(__NR_readlinkat, fd::proc, "self", text, sizeof text);
    long number = 0;
    for (long i = 0; i < size; ++i) number = number * 10 + (text[i] - '0');
    return size > 0 && number == sys::call(__NR_getpid);
  }

  const long leader_;
  unsigned living_ = 0;
};

} // namespace

int prepare_scope(state& state, wire::kill_scope scope, int cgroup) noexcept
{
  if (state.is_taken || (state.has_made && wire::takes_a_spawner(scope))) return EBUSY;
  state.has_made = true;
  state.is_taken = wire::takes_a_spawner(scope);
  if (scope == wire::kill_scope::tree)
    return sys::error_of(sys::call(__NR_prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
  if (scope == wire::kill_scope::cgroup)
    return sys::error_of(sys::call(__NR_dup3, cgroup, fd::cgroup, O_CLOEXEC));
  return 0;
}

void end_scope(const child_record& child) noexcept
{
  const auto number = static_cast<std::int64_t>(child.pid);
  if (child.scope == wire::kill_scope::cgroup)
    write_kernel_file(fd::cgroup, "cgroup.kill", CGROUP2_SUPER_MAGIC, "1", 1);
  if (child.scope == wire::kill_scope::group) sys::call(__NR_kill, -number, SIGKILL);
  sys::call(__NR_kill, number, SIGKILL);
  if (child.scope == wire::kill_scope::session) session(child.pid).end();
  if (child.scope == wire::kill_scope::tree) tree(child.pid).end();
}

} // namespace linx::spawner
