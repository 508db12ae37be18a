#include "process/exit_info.hpp"

#include "ns/process_directory.hpp"

#include <linx/io/unique_fd.hpp>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <fcntl.h>
#include <optional>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

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

/// Of a process that has ended and that nobody has reaped: the last field of /proc/<pid>/stat is its status
/// as waitpid(2) yields it (Linux 3.5, proc(5)). It reads 0 also for whoever may not look, so 0 says nothing.
std::optional<exit_record> status_of_zombie(int pidfd)
{
  std::array<char, 1024> text;
  const auto proc = open_process_directory(pidfd);
  if (!proc) return std::nullopt;
  const io::unique_fd stat(::openat(proc.assume_value().get(), "stat", O_RDONLY | O_CLOEXEC));
  const auto size = ::read(stat.get(), text.data(), text.size());
  if (size <= 0) return std::nullopt;
  const std::string_view line(text.data(), static_cast<std::size_t>(size));
  const auto last = line.rfind(' ');
  int status = 0;
  if (last != line.npos) std::from_chars(line.data() + last + 1, line.data() + line.size(), status);
  if (status == 0) return std::nullopt;
  return from_wait_status(status);
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
  std::optional<exit_record> record;
  const auto ask = [&] {
    const auto info = query_exit_info(pidfd);
    if (info.answer == exit_answer::known) record = info.record;
  };
  // Its parent, init or a subreaper, reaps it in its own time: before, /proc tells, and from then on the
  // pidfd.
  if (pidfd >= 0) ask();
  if (pidfd >= 0 && !record) record = status_of_zombie(pidfd);
  if (pidfd >= 0 && !record) ask();
  if (!record) return text + " died";
  const auto& r = *record;
  return text + ' ' +
         to_string(r.code == CLD_EXITED ? exit_status::exited(r.status)
                                        : exit_status::signaled(r.status, r.code == CLD_DUMPED));
}

} // namespace linx::detail
