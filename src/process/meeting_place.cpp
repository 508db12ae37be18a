#include "process/meeting_place.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <utility>

namespace linx::detail {

namespace {

constexpr int waiting_controllers = 16;
constexpr int so_passrights = 83; // Linux 6.16

error failed(int why, stage where, std::string what)
{
  return error::from_errno(why, where).with_object(std::move(what));
}

result<> check_name(const std::string& name)
{
  const bool fits = !name.empty() && name.size() <= wire::longest_parked_name && name.front() != '.' &&
                    name.find('/') == name.npos && name.find('\0') == name.npos;
  if (fits) return success();
  return error::argument("name '" + name.substr(0, 80) + "' of a parked child; 1 to " +
                         std::to_string(wire::longest_parked_name) +
                         " bytes without '/' and NUL, not beginning with '.'");
}

result<> check_directory(int directory, stage where)
{
  constexpr mode_t others = S_IRWXG | S_IRWXO;
  struct stat about {};
  if (::fstat(directory, &about) != 0) return failed(errno, where, "directory");
  if (!S_ISDIR(about.st_mode)) return failed(ENOTDIR, where, "directory");
  if (about.st_uid != ::geteuid())
    return failed(EPERM, where,
                  "directory of user " + std::to_string(about.st_uid) + "; it must be of the caller's");
  if ((about.st_mode & others) != 0)
    return failed(EACCES, where, "directory that others may use; its mode must be 0700");
  return success();
}

/// A path that leads to that very directory: sockets have no bind(2) and connect(2) by descriptor.
result<std::string> path_of(int directory)
{
  const io::unique_fd list(::open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC));
  struct statfs about {};
  if (!list || ::fstatfs(list.get(), &about) != 0 || about.f_type != PROC_SUPER_MAGIC)
    return failed(ENOENT, stage::open, "/proc/self/fd; is /proc mounted?");
  const std::string number = std::to_string(directory);
  struct stat there {
  }, here{};
  if (::fstatat(list.get(), number.c_str(), &there, 0) != 0 || ::fstat(directory, &here) != 0)
    return failed(errno, stage::open, "/proc/self/fd/" + number);
  if (there.st_dev != here.st_dev || there.st_ino != here.st_ino)
    return failed(ENOENT, stage::open, "/proc/self/fd/" + number + ", which is another directory");
  return "/proc/self/fd/" + number;
}

result<sockaddr_un> address_of(const std::string& path)
{
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path) return failed(ENAMETOOLONG, stage::bind, path);
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

/// Whoever listens says which process is signalled, and gets the steps and their descriptors. park() listens
/// as the user whose the directory is, which is this one; the kernel has kept who did (unix(7), SO_PEERCRED).
result<> check_listener(int connection, const std::string& name)
{
  ucred listener{};
  socklen_t size = sizeof listener;
  if (::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &listener, &size) != 0)
    return failed(errno, stage::connect_unix, name);
  if (listener.uid == ::geteuid()) return success();
  return failed(EPERM, stage::connect_unix,
                name + ", where user " + std::to_string(listener.uid) + " listens");
}

result<io::unique_fd> make_socket(stage where)
{
  io::unique_fd made(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!made) return failed(errno, where, "socket of a parked child");
  return made;
}

} // namespace

result<meeting_place> meeting_place::open(io::unique_fd directory, std::string name, stage where)
{
  BOOST_OUTCOME_TRYV(check_name(name));
  BOOST_OUTCOME_TRYV(check_directory(directory.get(), where));
  return meeting_place(std::move(directory), std::move(name));
}

result<std::string> meeting_place::path() const
{
  BOOST_OUTCOME_TRY(auto directory, path_of(directory_.get()));
  return std::move(directory) + '/' + name_;
}

result<meeting_place::listener> meeting_place::listen() const
{
  const std::string record = name_ + wire::exit_record_suffix;
  struct stat about {};
  if (::fstatat(directory_.get(), record.c_str(), &about, AT_SYMLINK_NOFOLLOW) == 0)
    return failed(EADDRINUSE, stage::bind, record + "; the record of an earlier child, remove it");
  BOOST_OUTCOME_TRY(const auto path, this->path());
  BOOST_OUTCOME_TRY(const auto address, address_of(path));
  BOOST_OUTCOME_TRY(auto socket, make_socket(stage::bind));
  // Nobody sends descriptors along: the last close of one may wait for as long as its sender likes
  // (SO_LINGER, socket(7)), and then the spawner waits. Older kernels do not know that.
  constexpr int none = 0;
  (void)::setsockopt(socket.get(), SOL_SOCKET, so_passrights, &none, sizeof none);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return failed(errno, stage::bind, name_);
  // Here and nowhere else, whatever /proc has become meanwhile.
  const bool is_here =
      ::fstatat(directory_.get(), name_.c_str(), &about, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(about.st_mode);
  if (!is_here) return failed(ENOENT, stage::bind, name_);
  listener made{std::move(socket), {about.st_dev, about.st_ino}};
  if (::listen(made.socket.get(), waiting_controllers) != 0) {
    const int why = errno;
    remove_socket(made.file);
    return failed(why, stage::bind, name_);
  }
  return made;
}

void meeting_place::remove_socket(const file_identity& which) const noexcept
{
  struct stat about {};
  const bool is_that = ::fstatat(directory_.get(), name_.c_str(), &about, AT_SYMLINK_NOFOLLOW) == 0 &&
                       S_ISSOCK(about.st_mode) && about.st_dev == which.device && about.st_ino == which.inode;
  if (is_that) ::unlinkat(directory_.get(), name_.c_str(), 0);
}

result<io::unique_fd> parking_name::listen()
{
  BOOST_OUTCOME_TRY(auto made, where_.listen());
  file_ = made.file;
  return std::move(made.socket);
}

result<io::unique_fd> meeting_place::connect() const
{
  struct stat about {};
  if (::fstatat(directory_.get(), name_.c_str(), &about, AT_SYMLINK_NOFOLLOW) != 0)
    return failed(errno, stage::connect_unix, name_);
  if (!S_ISSOCK(about.st_mode)) return failed(ENOTSOCK, stage::connect_unix, name_); // a link, perhaps
  BOOST_OUTCOME_TRY(const auto path, this->path());
  BOOST_OUTCOME_TRY(const auto address, address_of(path));
  BOOST_OUTCOME_TRY(auto socket, make_socket(stage::connect_unix));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return failed(errno, stage::connect_unix, name_);
  BOOST_OUTCOME_TRYV(check_listener(socket.get(), name_));
  return socket;
}

result<std::optional<attached_child>> meeting_place::read_record() const
{
  const std::string record = name_ + wire::exit_record_suffix;
  constexpr int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  const io::unique_fd file(::openat(directory_.get(), record.c_str(), flags));
  if (!file && errno == ENOENT) return std::optional<attached_child>();
  if (!file) return failed(errno, stage::open, record);
  std::array<char, 2 * wire::longest_exit_record> text;
  const auto size = ::read(file.get(), text.data(), text.size());
  if (size < 0) return failed(errno, stage::open, record);
  BOOST_OUTCOME_TRY(auto child, read_exit_record({text.data(), static_cast<std::size_t>(size)}));
  return std::optional<attached_child>(std::move(child));
}

} // namespace linx::detail
