#include "visitor.hpp"

#include "credentials.hpp"
#include "kernel_file.hpp"
#include "process_files.hpp"

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

/// 0 if it cannot be read.
std::size_t read_id_map(int directory, const char* path, char (&out)[1024]) noexcept
{
  const long file = sys::call(__NR_openat, directory, path, O_RDONLY | O_CLOEXEC, 0);
  if (file < 0) return 0;
  const long size = sys::call(__NR_read, file, out, sizeof out);
  sys::call(__NR_close, file);
  return size <= 0 || size == sizeof out ? 0 : static_cast<std::size_t>(size);
}

/// The link tells only those who may trace the process. A spawner without capabilities may not trace root;
/// then the maps have to be the same, which only root of this user namespace can bring about in another.
bool is_of_our_user_namespace(const state& state, int directory) noexcept
{
  const std::uint64_t own = read_namespace(fd::proc, "self/ns/user");
  const std::uint64_t theirs = read_namespace(directory, "ns/user");
  if (own != 0 && theirs != 0) return own == theirs;
  if (state.self.permitted != 0) return false;
  char our_map[1024], their_map[1024];
  const std::size_t size = read_id_map(fd::proc, "self/uid_map", our_map);
  return size != 0 && size == read_id_map(directory, "uid_map", their_map) &&
         __builtin_memcmp(our_map, their_map, size) == 0;
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
  task_status self, other;
  const bool may = read_status(state, fd::proc, "self/status", self) &&
                   read_status(state, directory, "status", other) && other.who.euid == from.uid &&
                   may_control(other, self) && is_of_our_user_namespace(state, directory) &&
                   lives(pidfd); // so all of that was about it
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
