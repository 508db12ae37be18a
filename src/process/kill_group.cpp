#include "process/kill_group.hpp"

#include "process/session.hpp"

#include <linx/process/process.hpp>

#include <cerrno>
#include <csignal>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef PIDFD_SIGNAL_PROCESS_GROUP
#define PIDFD_SIGNAL_PROCESS_GROUP (1UL << 2) // linux/pidfd.h, Linux 6.9
#endif

namespace linx::detail {

result<> kill_group(process& child)
{
  const session& s = *child.state_;
  const pid_t leader = s.machine().host_pid();
  const std::string group = "process group " + std::to_string(leader);
  if (leader == 0 || s.pidfd() < 0) return error(errc::no_process, stage::signal).with_object(group);
  if (::syscall(SYS_pidfd_send_signal, s.pidfd(), SIGKILL, nullptr, PIDFD_SIGNAL_PROCESS_GROUP) == 0)
    return success();
  if (errno == EINVAL && ::syscall(SYS_pidfd_send_signal, s.pidfd(), 0, nullptr, 0) == 0 &&
      ::kill(-leader, SIGKILL) == 0)
    return success();
  if (errno == ESRCH) return error(errc::no_process, stage::signal).with_object(group);
  return error::from_errno(errno, stage::signal).with_object(group);
}

} // namespace linx::detail
