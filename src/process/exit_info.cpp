#include "process/exit_info.hpp"

#include <cerrno>
#include <cstdint>
#include <sys/ioctl.h>
#include <sys/wait.h>

namespace linx::detail {

namespace {

// linux/pidfd.h of Linux 6.15; the first 64 bytes are the structure of 6.13
struct pidfd_info {
  std::uint64_t mask;
  std::uint64_t cgroup_id;
  std::uint32_t pid, tgid, ppid;
  std::uint32_t ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
  std::int32_t exit_code;
};
static_assert(sizeof(pidfd_info) == 64);

constexpr std::uint64_t info_exit = 1u << 3;                    // PIDFD_INFO_EXIT
constexpr unsigned long get_info = _IOWR(0xff, 11, pidfd_info); // PIDFD_GET_INFO

exit_record from_wait_status(int status)
{
  if (WIFEXITED(status)) return {CLD_EXITED, WEXITSTATUS(status), {}};
  return {WCOREDUMP(status) ? CLD_DUMPED : CLD_KILLED, WTERMSIG(status), {}};
}

} // namespace

exit_info query_exit_info(int pidfd) noexcept
{
  pidfd_info info{};
  info.mask = info_exit;
  if (::ioctl(pidfd, get_info, &info) != 0)
    return {errno == ESRCH ? exit_answer::not_yet : exit_answer::unsupported, {}};
  if (info.mask & info_exit) return {exit_answer::known, from_wait_status(info.exit_code)};
  return {exit_answer::not_yet, {}};
}

std::string spawner_death(pid_t pid, int pidfd)
{
  if (pid == 0) return "linx-spawner died before its first message";
  std::string text = "linx-spawner " + std::to_string(pid);
  const auto info = pidfd >= 0 ? query_exit_info(pidfd) : exit_info{exit_answer::unsupported, {}};
  if (info.answer != exit_answer::known) return text + " died";
  const auto& r = info.record;
  return text + ' ' +
         to_string(r.code == CLD_EXITED ? exit_status::exited(r.status)
                                        : exit_status::signaled(r.status, r.code == CLD_DUMPED));
}

} // namespace linx::detail
