#include "asker.hpp"

#include "credentials.hpp"
#include "descriptors.hpp"
#include "kernel_file.hpp"
#include "process_files.hpp"
#include "state.hpp"

#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/magic.h>

namespace linx::spawner {

namespace {

/// Opens the files of a thread of the host; 0: of the process itself.
int open_files(state& state, std::uint32_t thread) noexcept
{
  asker& host = state.host;
  short_path status, user;
  if (thread != 0) {
    status.add("task/").add(thread).add("/");
    user.add("task/").add(thread).add("/");
  }
  host.thread = thread;
  int error = open_as(fd::host_status, fd::host_directory, status.add("status").text(), O_RDONLY);
  if (error == 0 && host.user_namespace != 0)
    error = open_as(fd::host_user, fd::host_directory, user.add("ns/user").text(), O_PATH | O_NOFOLLOW);
  host.has_files = error == 0;
  return error;
}

int read_host(state& state, std::uint32_t thread, task_status& out) noexcept
{
  if (!state.host.has_files || state.host.thread != thread) {
    if (const int error = open_files(state, thread); error != 0) return error;
  }
  const bytes text = read_whole(state, fd::host_status);
  return read_task_status(text, out) ? 0 : ESRCH;
}

/// 0; ESTALE if the kernel says that the host is not who this process is; the errno of what kept it from
/// saying so.
int compare_now(state& state, std::uint32_t thread) noexcept
{
  const asker& host = state.host;
  if (!host.has_status) return 0;
  task_status now;
  int error = read_host(state, thread, now);
  // That thread may have ended since; what it could do, the process can.
  if ((error == ESRCH || error == ENOENT) && thread != 0) error = read_host(state, 0, now);
  if (error != 0) return error;
  if (!may_act_for(now, host.own)) return ESTALE;
  const bool here = host.user_namespace == 0 || read_namespace(fd::host_user, "") == host.user_namespace;
  return here ? 0 : ESTALE;
}

} // namespace

int know_the_host(state& state) noexcept
{
  asker& host = state.host;
  constexpr int on = 1;
  int error = sys::error_of(
      sys::call(__NR_setsockopt, fd::control, abi::sol_socket, abi::so_passcred, &on, sizeof on));
  if (error != 0) return error;
  sender maker{};
  std::uint32_t size = sizeof maker;
  error = sys::error_of(
      sys::call(__NR_getsockopt, fd::control, abi::sol_socket, abi::so_peercred, &maker, &size));
  if (error != 0) return error;
  host.host_pid = maker.pid;

  state.self.seccomp_filters = wire::unknown_filters;
  if (!state.has_proc || !is_on(fd::proc, PROC_SUPER_MAGIC)) return 0;
  const std::uint32_t number = number_in_proc(state, fd::host);
  short_path directory;
  if (number == 0 ||
      open_as(fd::host_directory, fd::proc, directory.add(number).text(), O_PATH | O_DIRECTORY) != 0 ||
      !lives(fd::host))
    return 0;
  if (open_as(fd::host_status, fd::proc, "self/status", O_RDONLY) != 0) return 0;
  if (!read_task_status(read_whole(state, fd::host_status), host.own)) return 0;
  state.self.seccomp_filters = host.own.who.seccomp_filters;
  // Who has no capability in this user namespace can do no more in it than the host from another.
  if (state.self.permitted != 0 && read_namespace(fd::host_directory, "ns/user") != 0)
    host.user_namespace = read_namespace(fd::proc, "self/ns/user");
  host.has_status = open_files(state, 0) == 0;
  return 0;
}

int check_asker(state& state, const wire::spawn_request& request, const sender& from) noexcept
{
  if (from.pid == state.host.host_pid && !may_act_for(request.host, state.self)) return ESTALE;
  return check_host(state, request.thread, from);
}

int check_host(state& state, std::uint32_t thread, const sender& from) noexcept
{
  asker& host = state.host;
  if (from.pid != host.host_pid) return EPERM;
  if (host.changed) return ESTALE;
  const bool same_user = from.uid == state.self.ruid && from.gid == state.self.rgid;
  const int error = same_user ? compare_now(state, thread) : ESTALE;
  host.changed = error == ESTALE;
  return error;
}

} // namespace linx::spawner
