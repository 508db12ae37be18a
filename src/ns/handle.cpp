#include <linx/ns/handle.hpp>

#include <array>
#include <cerrno>
#include <charconv>
#include <optional>

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

// The line "Pid:" of a pidfd's fdinfo (Linux 5.2), nothing for any other descriptor.
std::optional<pid_t> pid_of(int fd)
{
  const std::string path = "/proc/thread-self/fdinfo/" + std::to_string(fd);
  const io::unique_fd info(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!info) return std::nullopt;
  std::array<char, 1024> text{};
  const ssize_t length = ::read(info.get(), text.data(), text.size());
  if (length <= 0) return std::nullopt;
  constexpr std::string_view label("\nPid:\t");
  const std::string_view all(text.data(), static_cast<std::size_t>(length));
  const auto at = all.find(label);
  if (at == all.npos) return std::nullopt;
  pid_t pid = 0;
  const auto* number = all.data() + at + label.size();
  const auto [end, fault] = std::from_chars(number, all.data() + all.size(), pid);
  return fault == std::errc() ? std::optional(pid) : std::nullopt;
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
  return from_path(k, "/proc/" + std::to_string(pid) + "/ns/" + std::string(to_string(k)));
}

result<handle> handle::from_pidfd(ns::kind k, int pidfd)
{
  const auto pid = pid_of(pidfd);
  if (!pid) return error::argument("descriptor " + std::to_string(pidfd) + " is no pidfd");
  // -1: reaped, 0: outside this pid namespace
  if (*pid <= 0) return error::from_errno(ESRCH, open_stage(k)).with_object("pidfd");
  auto opened = from_pid(k, *pid);
  // Signal 0 reaches a process that has not been reaped: until then nobody else has its number.
  if (::syscall(SYS_pidfd_send_signal, pidfd, 0, nullptr, 0) != 0 && errno != EPERM)
    return error::from_errno(errno, open_stage(k)).with_object("pidfd");
  return opened;
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
