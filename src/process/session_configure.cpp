// What the host does to a parked child, and what it can say about it.

#include "core/with_words.hpp"
#include "ns/process_directory.hpp"
#include "process/datagram.hpp"
#include "process/identity.hpp"
#include "process/protocol_stage.hpp"
#include "process/session.hpp"
#include "process/spawner_client.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace linx::detail {

namespace {

/// A file of that directory itself: no link, and nothing that is mounted over it (CVE-2025-52881).
io::unique_fd open_in_proc(int dir, const char* name)
{
  open_how how{};
  how.flags = O_WRONLY | O_CLOEXEC;
  how.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS;
  return io::unique_fd(static_cast<int>(::syscall(SYS_openat2, dir, name, &how, sizeof how)));
}

} // namespace

result<> session::may_configure(const char* verb) const
{
  notice_privilege(get_executor());
  if (machine_.takes_steps()) return success();
  const std::string name(verb);
  if (machine_.terminal())
    return error(errc::no_process, stage::argument).with_object(name + "; the process has ended");
  if (machine_.is_dying())
    return error(errc::no_process, stage::argument).with_object(name + "; the child has died");
  if (machine_.was_ready())
    return error(errc::running, stage::argument)
        .with_object(name + "; only a parked child can be configured");
  return error(errc::not_ready, stage::argument)
      .with_object(name + "; the child is not at its checkpoint, await ready() first");
}

result<> session::write_proc(const char* name, std::string_view text, stage where)
{
  BOOST_OUTCOME_TRY(const int dir, proc_dir());
  const std::string object = "/proc/" + std::to_string(machine_.host_pid()) + '/' + name;
  const auto file = open_in_proc(dir, name);
  if (!file) return error::from_errno(errno, where).with_object(object);
  const auto n = ::write(file.get(), text.data(), text.size());
  if (n == static_cast<ssize_t>(text.size())) return success();
  std::string shown(text.substr(0, 80));
  for (char& c : shown) c = c == '\n' ? ',' : c;
  while (shown.ends_with(',')) shown.pop_back();
  return error::from_errno(n < 0 ? errno : EIO, where).with_object(object + " <- '" + shown + "'");
}

result<> session::write_uid_map(const std::string& text)
{
  return write_proc("uid_map", text, stage::uid_map);
}

result<> session::write_gid_map(const std::string& text)
{
  // Without CAP_SETGID the kernel takes a gid map only where setgroups(2) is denied (user_namespaces(7),
  // 3.19).
  if (!setgroups_denied_ && !has_cap_setgid()) {
    BOOST_OUTCOME_TRYV(write_proc("setgroups", "deny", stage::setgroups));
    setgroups_denied_ = true;
  }
  return write_proc("gid_map", text, stage::gid_map);
}

result<int> session::living_pidfd() const
{
  if (machine_.terminal()) return error(errc::no_process, stage::argument).with_object("the child");
  if (machine_.host_pid() == 0)
    return error(errc::not_ready, stage::argument).with_object("the child does not exist yet");
  if (!pidfd_)
    return error::from_errno(EMFILE, stage::fd_pass).with_object("the pidfd of the child was lost");
  return pidfd_.get();
}

result<int> session::proc_dir()
{
  if (proc_dir_) return proc_dir_.get();
  BOOST_OUTCOME_TRY(const int pidfd, living_pidfd());
  auto opened = open_process_directory(pidfd);
  if (!opened && opened.error().errnum() == ESRCH)
    return error(errc::no_process, stage::open)
        .with_object("/proc directory of process " + std::to_string(machine_.host_pid()));
  if (!opened) return std::move(opened).error();
  proc_dir_ = std::move(opened).assume_value();
  return proc_dir_.get();
}

void session::append_last_steps(const step_list& steps)
{
  channel_.append_last_steps(steps);
  objects_.insert(objects_.end(), steps.objects().begin(), steps.objects().end());
}

result<io::unique_fd> session::take_pipe(int number)
{
  auto& end = pipes_[static_cast<std::size_t>(number)];
  if (end) return std::move(end);
  static constexpr const char* names[] = {"standard input", "standard output", "standard error"};
  return error(errc::closed, stage::argument)
      .with_object(std::string(names[number]) + "; it is no pipe, or its end was taken already");
}

bool session::made(ns::kind kind) const noexcept
{
  return std::ranges::find(namespaces_, kind) != namespaces_.end();
}

bool session::entered(ns::kind kind) const noexcept
{
  return std::ranges::find(entered_, kind) != entered_.end();
}

process_info session::info() const
{
  process_info now;
  now.mode = mode_;
  now.state = machine_.state();
  now.host_pid = machine_.host_pid();
  now.child_pid = machine_.child_pid();
  now.argv = argv_;
  now.namespaces = namespaces_;
  now.entered = entered_;
  now.taken = taken_;
  now.outcome = machine_.outcome();
  now.usage = machine_.usage();
  return now;
}

namespace {

/// clone3(2) says so of the cgroup and of nothing else that is asked of it here.
constexpr bool is_about_cgroup(int errnum) noexcept
{
  return errnum == EBUSY || errnum == EACCES || errnum == EOPNOTSUPP || errnum == ENODEV || errnum == EBADF ||
         errnum == ENOENT;
}

} // namespace

/// The error of a stage on the wire, with the name of what it was about if there is memory for that.
error session::explain(wire::stage where, std::uint32_t step, int errnum) const noexcept
{
  if (where == wire::stage::clone && is_about_cgroup(errnum) &&
      find_object(objects_, wire::stage::cgroup, step_object::no_step))
    where = wire::stage::cgroup;
  return with_words(error::from_errno(errnum, wire::to_stage(where)),
                    [&] { return object_of(where, step, errnum); });
}

/// What the error of a stage is about, "" where nothing is known.
std::string session::object_of(wire::stage where, std::uint32_t step, int errnum) const
{
  for (const auto kind : entered_)
    if (wire::to_stage(where) == ns::setns_stage(kind))
      return std::string(ns::to_string(kind)) + " namespace of " + target_;
  if (const auto* object = find_object(objects_, where, step)) return *object;
  switch (where) {
  case wire::stage::execve:
    return argv_.front();
  case wire::stage::cwd:
    return "the working directory of the host";
  case wire::stage::credentials:
    return errnum == ESTALE
               ? "the privilege of this process changed before linx-spawner came to this request; "
                 "spawn again, and await ready() before privilege is given up"
               : "linx-spawner could not see who asks";
  case wire::stage::clone: {
    std::string names;
    for (const auto kind : namespaces_) names.append(names.empty() ? "" : ",").append(ns::to_string(kind));
    if (!names.empty()) names.insert(0, "namespaces ");
    if (!entered_.empty()) names.append(names.empty() ? "" : " ").append("in those of ").append(target_);
    return names;
  }
  default:
    return "";
  }
}

} // namespace linx::detail
