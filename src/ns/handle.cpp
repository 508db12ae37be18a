#include <linx/ns/handle.hpp>

#include <cerrno>

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

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
