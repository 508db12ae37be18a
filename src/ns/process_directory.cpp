#include "ns/process_directory.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <string>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace linx::detail {

namespace {

/// Whatever lies at /proc, a file system of somebody's invention too, is believed only if it is the kernel's.
io::unique_fd open_proc()
{
  io::unique_fd proc(::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
  struct statfs about {};
  if (proc && (::fstatfs(proc.get(), &about) != 0 || about.f_type != PROC_SUPER_MAGIC)) {
    proc.reset();
    errno = ENOENT;
  }
  return proc;
}

/// The kernel writes that line for the pid namespace of the mount in which it is read.
std::optional<pid_t> pid_in(const io::unique_fd& proc, int pidfd)
{
  const std::string path = "thread-self/fdinfo/" + std::to_string(pidfd);
  const io::unique_fd file(::openat(proc.get(), path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  std::array<char, 1024> text;
  const auto n = ::read(file.get(), text.data(), text.size());
  if (n <= 0) return std::nullopt;
  return pid_of_fdinfo({text.data(), static_cast<std::size_t>(n)});
}

error not_shown(std::string what)
{
  return error::from_errno(ENOENT, stage::open).with_object(std::move(what));
}

} // namespace

std::optional<pid_t> pid_of_fdinfo(std::string_view text)
{
  constexpr std::string_view label = "\nPid:";
  const auto at = text.find(label);
  if (at == text.npos) return std::nullopt;
  text.remove_prefix(at + label.size());
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  pid_t pid = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), pid);
  return read.ec == std::errc() ? std::optional(pid) : std::nullopt;
}

std::optional<pid_t> pid_in_proc(int pidfd)
{
  const auto proc = open_proc();
  return proc ? pid_in(proc, pidfd) : std::nullopt;
}

result<io::unique_fd> open_process_directory(int pidfd)
{
  const auto proc = open_proc();
  if (!proc) return not_shown("/proc; is it mounted?");
  const auto pid = pid_in(proc, pidfd);
  if (!pid) return not_shown("/proc, which does not show this process");
  if (*pid == 0) return not_shown("/proc, which is of a pid namespace without that process");
  const std::string name = std::to_string(*pid);
  io::unique_fd opened(*pid > 0 ? ::openat(proc.get(), name.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC) : -1);
  const int why = errno;
  const bool reaped = ::syscall(SYS_pidfd_send_signal, pidfd, 0, nullptr, 0) != 0 && errno != EPERM;
  if (reaped || *pid < 0) return error::from_errno(ESRCH, stage::open).with_object("pidfd");
  if (!opened) return error::from_errno(why, stage::open).with_object("/proc/" + name);
  return opened;
}

} // namespace linx::detail
