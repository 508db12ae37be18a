#include "visitor.hpp"

#include "credentials.hpp"
#include "kernel_file.hpp"
#include "process_files.hpp"

#include <linux/stat.h>

namespace linx::spawner {

namespace {

constexpr int so_peerpidfd = 77; // Linux 6.5

/// The peer as it was at connect(2). Before Linux 6.5 by its number, which then may be another's: whoever has
/// that now must be entitled as well, and the ids at the connection are the peer's own.
long open_peer(int connection, const sender& from) noexcept
{
  int pidfd = -1;
  std::uint32_t size = sizeof pidfd;
  const long got = sys::call(__NR_getsockopt, connection, abi::sol_socket, so_peerpidfd, &pidfd, &size);
  if (got >= 0) return pidfd;
  return from.pid > 0 ? sys::call(__NR_pidfd_open, from.pid, 0) : -ESRCH;
}

bool read_status(state& state, int directory, const char* path, task_status& out) noexcept
{
  const long file = sys::call(__NR_openat, directory, path, O_RDONLY | O_CLOEXEC, 0);
  if (file < 0) return false;
  const bool read = read_task_status(read_whole(state, static_cast<int>(file)), out);
  sys::call(__NR_close, file);
  return read;
}

/// The kernel tells only those who may look into the process (ptrace(2)), by this link as by a pidfd. Whoever
/// is not told takes nothing else for it: a container to which root gives all ids as they are has the same
/// maps as the namespace around it.
bool is_of_our_user_namespace(int directory) noexcept
{
  const std::uint64_t own = read_namespace(fd::proc, "self/ns/user");
  return own != 0 && own == read_namespace(directory, "ns/user");
}

/// Since it has connected it may have executed a program that has got more by that, while a copy of it still
/// has the connection. The kernel lets nobody but root look into such a program, and shows its files as
/// root's (proc(5)). For root itself that makes no difference: it gets by execve(2) what it may have.
bool has_dumpable_files(int directory, const sender& from) noexcept
{
  struct statx about {};
  return sys::call(__NR_statx, directory, "status", AT_SYMLINK_NOFOLLOW, STATX_UID, &about) == 0 &&
         about.stx_uid == from.uid;
}

/// It is who it was at connect(2), in whole and not for a while, and may have what is the spawner's.
bool may_come(state& state, int directory, const sender& from, const task_status& self) noexcept
{
  task_status now;
  if (!read_status(state, directory, "status", now) || !now.has_memory) return false;
  const bool same = now.who.ruid == from.uid && now.who.euid == from.uid && now.who.suid == from.uid &&
                    now.who.egid == from.gid;
  return same && may_control(now, self);
}

int check_process(state& state, int pidfd, const sender& from) noexcept
{
  const std::uint32_t number = number_in_proc(state, pidfd);
  if (number == 0) return EPERM;
  short_path path;
  const long opened =
      sys::call(__NR_openat, fd::proc, path.add(number).text(), O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
  if (opened < 0) return EPERM;
  const int directory = static_cast<int>(opened);
  task_status self;
  const bool may =
      read_status(state, fd::proc, "self/status", self) && may_come(state, directory, from, self) &&
      is_of_our_user_namespace(directory) && has_dumpable_files(directory, from) &&
      may_come(state, directory, from, self) && // had memory all the time: without it looks dumpable
      lives(pidfd);                             // so all of that was about it
  sys::call(__NR_close, directory);
  return may ? 0 : EPERM;
}

} // namespace

int check_visitor(state& state, int connection) noexcept
{
  sender from{};
  std::uint32_t size = sizeof from;
  const long got = sys::call(__NR_getsockopt, connection, abi::sol_socket, abi::so_peercred, &from, &size);
  if (got < 0) return sys::error_of(got);
  if (from.uid != state.self.euid && from.uid != 0) return EPERM;
  if (!state.has_proc || !is_on(fd::proc, PROC_SUPER_MAGIC)) return EPERM;
  const long pidfd = open_peer(connection, from);
  if (pidfd < 0) return EPERM;
  const int error = check_process(state, static_cast<int>(pidfd), from);
  sys::call(__NR_close, pidfd);
  return error;
}

} // namespace linx::spawner
