#include "process/request_fds.hpp"

#include "process/session.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace linx::detail {

std::uint32_t request_fds::roles() const noexcept
{
  std::uint32_t bits = 0;
  for (const auto& [role, fd] : roles_) bits |= static_cast<std::uint32_t>(role);
  return bits;
}

result<std::vector<int>> request_fds::in_order(int body) const
{
  auto by_role = roles_;
  if (body >= 0) by_role.emplace_back(wire::fd_role::body, body);
  std::ranges::sort(by_role, {}, &std::pair<wire::fd_role, int>::first);
  std::vector<int> all;
  for (const auto& [role, fd] : by_role) all.push_back(fd);
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
  return s.adopt_checkpoint(std::move(host));
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

result<> add_stream(session& s, request_fds& fds, int number, const stdio& source)
{
  constexpr wire::fd_role roles[] = {wire::fd_role::stdin_, wire::fd_role::stdout_, wire::fd_role::stderr_};
  const auto role = roles[number];
  switch (source.what()) {
  case stdio::kind::devnull:
    break;
  case stdio::kind::inherit: {
    // As fork and exec would have it: a host that closed its standard streams has something of its own there.
    const int flags = ::fcntl(number, F_GETFD);
    if (flags >= 0 && (flags & FD_CLOEXEC) == 0) fds.lend(role, number);
    break;
  }
  case stdio::kind::descriptor:
    if (::fcntl(source.fd(), F_GETFD) < 0)
      return error::argument("descriptor " + std::to_string(source.fd()) + " as standard stream " +
                             std::to_string(number) + " is not open");
    fds.lend(role, source.fd());
    break;
  case stdio::kind::pipe:
    return add_pipe(s, fds, number, role);
  }
  return success();
}

} // namespace

result<> add_streams(session& s, request_fds& fds, const process_options& options)
{
  for (int number = 0; number != 3; ++number) {
    const auto& source = options.standard_streams()[static_cast<std::size_t>(number)];
    BOOST_OUTCOME_TRYV(add_stream(s, fds, number, source));
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

} // namespace linx::detail
