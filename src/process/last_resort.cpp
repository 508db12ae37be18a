#include "process/last_resort.hpp"

#include <linx/io/unique_fd.hpp>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef PIDFD_SIGNAL_PROCESS_GROUP
#define PIDFD_SIGNAL_PROCESS_GROUP (1UL << 2) // linux/pidfd.h, Linux 6.9
#endif

namespace linx::detail {

namespace {

constexpr const char* kill_file = "cgroup.kill";

} // namespace

int kill_directly(kill_scope scope, int pidfd, int cgroup) noexcept
{
  if (scope == kill_scope::cgroup && cgroup >= 0) {
    const io::unique_fd file(::openat(cgroup, kill_file, O_WRONLY | O_NOFOLLOW | O_CLOEXEC));
    if (file) (void)!::write(file.get(), "1", 1);
  }
  if (pidfd < 0) return EMFILE;
  if (scope == kill_scope::group || scope == kill_scope::session)
    (void)::syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, PIDFD_SIGNAL_PROCESS_GROUP);
  return ::syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0) == 0 ? 0 : errno;
}

int check_cgroup_kill(int directory) noexcept
{
  struct statfs about {};
  if (::fstatfs(directory, &about) != 0) return errno;
  if (about.f_type != CGROUP2_SUPER_MAGIC) return EINVAL;
  return ::faccessat(directory, kill_file, W_OK, AT_EACCESS) == 0 ? 0 : errno;
}

} // namespace linx::detail
