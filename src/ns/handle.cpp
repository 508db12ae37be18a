#include <linx/ns/handle.hpp>

#include "ns/process_directory.hpp"

#include <cerrno>
#include <optional>

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace linx::ns {

namespace {

result<ns::kind> kind_of_fd(int fd, std::string_view name)
{
  const int flag = ::ioctl(fd, NS_GET_NSTYPE);
  const auto found = flag < 0 ? std::nullopt : kind_of(flag);
  if (!found) return error::argument(std::string(name) + " is not a namespace");
  return *found;
}

result<handle> checked(ns::kind wanted, io::unique_fd fd, const std::string& name)
{
  BOOST_OUTCOME_TRY(const ns::kind found, kind_of_fd(fd.get(), name));
  if (found != wanted) {
    return error::argument(name + " is a " + std::string(to_string(found)) + " namespace, not a " +
                           std::string(to_string(wanted)) + " namespace");
  }
  return handle::adopt(std::move(fd));
}

constexpr unsigned long namespace_request(ns::kind k) noexcept
{
  constexpr auto request = [](unsigned number) { return _IO(0xff, number); }; // linux/pidfd.h, Linux 6.11
  switch (k) {
  case kind::cgroup:
    return request(1);
  case kind::ipc:
    return request(2);
  case kind::mount:
    return request(3);
  case kind::net:
    return request(4);
  case kind::pid:
    return request(5);
  case kind::time:
    return request(7);
  case kind::user:
    return request(9);
  case kind::uts:
    return request(10);
  }
  return 0;
}

// What the pidfd itself says, without /proc. -1 and errno; ENOTTY where this kernel has no such question. It
// is put to nothing but a pidfd: the number may mean something to another file.
io::unique_fd ask_pidfd(ns::kind k, int pidfd)
{
  constexpr auto pidfs = 0x50494446; // PID_FS_MAGIC of linux/magic.h, Linux 6.9
  struct statfs about {};
  errno = ENOTTY;
  if (::fstatfs(pidfd, &about) != 0 || about.f_type != pidfs) return {};
  return io::unique_fd(::ioctl(pidfd, namespace_request(k), 0));
}

// By its number, of a thread too.
io::unique_fd open_pidfd(pid_t pid)
{
  constexpr unsigned thread = O_EXCL; // PIDFD_THREAD, Linux 6.9
  io::unique_fd opened(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!opened && errno != ESRCH) opened.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, thread)));
  return opened;
}

} // namespace

result<handle> handle::of_self(ns::kind k)
{
  // /proc/self would be the main thread's namespace, and a thread may be in one of its own.
  return from_path(k, "/proc/thread-self/ns/" + std::string(to_string(k)));
}

result<handle> handle::from_path(ns::kind k, const std::string& path)
{
  if (path.find('\0') != std::string::npos) return error::argument("a path with a NUL byte in it");
  // O_NONBLOCK: a path that names a FIFO must not hang the caller before it is found not to be a namespace.
  io::unique_fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return error::from_errno(errno, open_stage(k)).with_object(path);
  return checked(k, std::move(fd), path);
}

result<handle> handle::from_pid(ns::kind k, pid_t pid)
{
  const std::string name = "/proc/" + std::to_string(pid) + "/ns/" + std::string(to_string(k));
  const auto pidfd = open_pidfd(pid);
  if (!pidfd) return error::from_errno(errno == ESRCH ? ENOENT : errno, open_stage(k)).with_object(name);
  auto opened = from_pidfd(k, pidfd.get());
  if (!opened) return std::move(opened).error().with_object(name);
  return opened;
}

result<handle> handle::from_pidfd(ns::kind k, int pidfd)
{
  auto told = ask_pidfd(k, pidfd);
  if (told) return checked(k, std::move(told), "pidfd");
  if (errno == EACCES || errno == ESRCH) return error::from_errno(errno, open_stage(k)).with_object("pidfd");
  auto directory = detail::open_process_directory(pidfd);
  if (!directory && !detail::pid_in_proc(pidfd))
    return error::argument("descriptor " + std::to_string(pidfd) + " is no pidfd, or /proc is not mounted");
  if (!directory) return std::move(directory).error().with_stage(open_stage(k));
  return from_proc_dir(k, directory.assume_value().get());
}

result<handle> handle::from_proc_dir(ns::kind k, int proc_pid_dirfd)
{
  const std::string name = "ns/" + std::string(to_string(k));
  io::unique_fd fd(::openat(proc_pid_dirfd, name.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return error::from_errno(errno, open_stage(k)).with_object(name);
  return checked(k, std::move(fd), name);
}

result<handle> handle::adopt(io::unique_fd fd)
{
  BOOST_OUTCOME_TRY(const ns::kind found, kind_of_fd(fd.get(), "descriptor " + std::to_string(fd.get())));
  struct stat identity {};
  if (::fstat(fd.get(), &identity) != 0) return error::from_errno(errno, open_stage(found));
  return handle(found, std::move(fd), identity.st_dev, identity.st_ino);
}

result<handle> handle::duplicate() const
{
  BOOST_OUTCOME_TRY(auto copy, io::unique_fd::duplicate(fd()));
  return handle(kind_, std::move(copy), device_, inode_);
}

result<handle> handle::owning_user_namespace() const
{
  io::unique_fd owner(::ioctl(fd(), NS_GET_USERNS)); // the kernel opens it O_CLOEXEC
  if (!owner) return error::from_errno(errno, stage::open_ns_user);
  return adopt(std::move(owner));
}

} // namespace linx::ns
