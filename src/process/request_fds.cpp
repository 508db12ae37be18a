#include "process/request_fds.hpp"

#include "process/session.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <iterator>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace linx::detail {

std::uint32_t request_fds::roles() const noexcept
{
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i != roles_.size(); ++i)
    if (roles_[i] >= 0) bits |= 1u << i;
  return bits;
}

result<std::vector<int>> request_fds::in_order(int body) const
{
  auto by_role = roles_;
  by_role[index(wire::fd_role::body)] = body;
  std::vector<int> all;
  all.reserve(by_role.size() + extra_.size() + steps_.size());
  std::ranges::copy_if(by_role, std::back_inserter(all), [](int fd) { return fd >= 0; });
  all.insert(all.end(), extra_.begin(), extra_.end());
  all.insert(all.end(), steps_.begin(), steps_.end());
  if (all.size() > wire::max_fds)
    return error::argument(std::to_string(extra_.size()) + " descriptors for one child; " +
                           std::to_string(wire::max_fds - (all.size() - extra_.size())) +
                           " is the most beside what linx passes itself");
  return all;
}

result<> add_checkpoint(session& s, request_fds& fds)
{
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0)
    return error::from_errno(errno, stage::socketpair).with_object("checkpoint socket");
  io::unique_fd host(pair[0]);
  fds.give(wire::fd_role::checkpoint, io::unique_fd(pair[1]));
  return s.channel().open(s.get_executor(), std::move(host));
}

namespace {

result<> add_pipe(session& s, request_fds& fds, int number, wire::fd_role role)
{
  std::array<int, 2> pair{};
  if (::pipe2(pair.data(), O_CLOEXEC) != 0) return error::from_errno(errno, stage::pipe2);
  io::unique_fd host(pair[0]), child(pair[1]);
  if (number == 0) std::swap(host, child);
  fds.give(role, std::move(child));
  s.keep_pipe(number, std::move(host));
  return success();
}

result<> set_blocking(int fd, stage where)
{
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0) return error::from_errno(errno, where);
  return success();
}

result<io::unique_fd> open_file(const stdio& source)
{
  // O_NONBLOCK: the host must not wait for the other side of a FIFO.
  const int flags = source.flags() | O_CLOEXEC | O_NOCTTY;
  io::unique_fd file(::open(source.path().c_str(), flags | O_NONBLOCK, source.mode()));
  if (!file) return error::from_errno(errno, stage::open).with_object(source.path());
  if ((flags & (O_NONBLOCK | O_PATH)) == 0) {
    BOOST_OUTCOME_TRYV(set_blocking(file.get(), stage::open));
  }
  return file;
}

result<io::unique_fd> connect_socket(const std::string& path)
{
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() > sizeof address.sun_path - 1)
    return error::from_errno(ENAMETOOLONG, stage::connect_unix).with_object(path);
  std::ranges::copy(path, address.sun_path);
  auto length = offsetof(sockaddr_un, sun_path) + path.size();
  if (path.front() == '@')
    address.sun_path[0] = '\0';
  else
    ++length; // its NUL
  // O_NONBLOCK: a listener whose queue is full would make the host wait.
  io::unique_fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return error::from_errno(errno, stage::connect_unix).with_object(path);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(length)) !=
      0)
    return error::from_errno(errno, stage::connect_unix).with_object(path);
  BOOST_OUTCOME_TRYV(set_blocking(socket.get(), stage::connect_unix));
  return socket;
}

result<> check_open(int fd, const std::string& use)
{
  if (::fcntl(fd, F_GETFD) >= 0) return success();
  return error::argument("descriptor " + std::to_string(fd) + ' ' + use + " is not open");
}

constexpr wire::fd_role stream_roles[] = {wire::fd_role::stdin_, wire::fd_role::stdout_,
                                          wire::fd_role::stderr_};

result<> add_stream(session& s, request_fds& fds, int number, const stdio& source)
{
  const auto role = stream_roles[number];
  switch (source.what()) {
  case stdio::kind::devnull:
    break;
  case stdio::kind::inherit: {
    // As fork and exec would have it: a host that closed its standard streams has something of its own there.
    const int flags = ::fcntl(number, F_GETFD);
    if (flags >= 0 && (flags & FD_CLOEXEC) == 0) fds.lend(role, number);
    break;
  }
  case stdio::kind::descriptor: {
    BOOST_OUTCOME_TRYV(check_open(source.fd(), "as standard stream " + std::to_string(number)));
    fds.lend(role, source.fd());
    break;
  }
  case stdio::kind::file: {
    BOOST_OUTCOME_TRY(auto file, open_file(source));
    fds.give(role, std::move(file));
    break;
  }
  case stdio::kind::connect_unix: {
    BOOST_OUTCOME_TRY(auto socket, connect_socket(source.path()));
    fds.give(role, std::move(socket));
    break;
  }
  case stdio::kind::pipe:
    return add_pipe(s, fds, number, role);
  case stdio::kind::same_as: // when all sources are there
    break;
  }
  return success();
}

result<> add_terminal(session& s, request_fds& fds, io::window_size size)
{
  BOOST_OUTCOME_TRY(auto both, terminal::open(s.get_executor(), size));
  fds.lend(wire::fd_role::stdin_, both.slave.get());
  fds.lend(wire::fd_role::stdout_, both.slave.get());
  fds.give(wire::fd_role::stderr_, std::move(both.slave));
  s.keep_terminal(std::move(both.master));
  return success();
}

} // namespace

result<> add_streams(session& s, request_fds& fds, const process_options& options)
{
  if (options.terminal()) return add_terminal(s, fds, *options.terminal());
  const auto& sources = options.standard_streams();
  for (std::size_t number = 0; number != sources.size(); ++number) {
    const auto& source = sources[number];
    // A file opened twice would be overwritten from two positions.
    const auto same = std::ranges::find(sources, source);
    const auto first = static_cast<std::size_t>(same - sources.begin());
    if (source.what() == stdio::kind::file && first < number)
      fds.lend(stream_roles[number], fds.of(stream_roles[first]));
    else {
      BOOST_OUTCOME_TRYV(add_stream(s, fds, static_cast<int>(number), source));
    }
  }
  for (std::size_t number = 0; number != sources.size(); ++number)
    if (const int other = sources[number].other(); other >= 0)
      fds.lend(stream_roles[number], fds.of(stream_roles[other]));
  return success();
}

result<> add_extra(request_fds& fds, const process_options& options)
{
  for (const auto& [name, fd] : options.listen_descriptors()) {
    BOOST_OUTCOME_TRYV(check_open(fd, "of listen_descriptor '" + name + '\''));
    fds.lend_extra(fd);
  }
  for (const auto& [number, fd] : options.descriptors()) {
    BOOST_OUTCOME_TRYV(check_open(fd, "at number " + std::to_string(number)));
    fds.lend_extra(fd);
  }
  return success();
}

result<> add_cwd(request_fds& fds)
{
  io::unique_fd here(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!here) return error::from_errno(errno, stage::chdir).with_object("the working directory of the host");
  fds.give(wire::fd_role::cwd, std::move(here));
  return success();
}

// fd_role has a bit for each ns::kind, in the same order.
static_assert(static_cast<std::uint32_t>(wire::fd_role::ns_user) << static_cast<unsigned>(ns::kind::pid) ==
              static_cast<std::uint32_t>(wire::fd_role::ns_pid));

void add_namespaces(request_fds& fds, std::vector<ns::handle> namespaces)
{
  for (auto& each : namespaces) {
    const auto role = static_cast<std::uint32_t>(wire::fd_role::ns_user)
                      << static_cast<unsigned>(each.kind());
    fds.give(static_cast<wire::fd_role>(role), std::move(each).release());
  }
}

result<> add_confinement(request_fds& fds, const process_options& options)
{
  if (const int directory = options.resources().cgroup(); directory >= 0) {
    BOOST_OUTCOME_TRYV(check_open(directory, "as a cgroup"));
    fds.lend(wire::fd_role::cgroup, directory);
  }
  if (options.landlock() >= 0) {
    BOOST_OUTCOME_TRYV(check_open(options.landlock(), "as a landlock ruleset"));
    fds.lend_to_step(options.landlock());
  }
  return success();
}

} // namespace linx::detail
