// From options to a request on its way.

#include "process/datagram.hpp"
#include "process/session.hpp"
#include "process/spawner_client.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace linx::detail {

namespace {

std::uint64_t next_id() noexcept
{
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

/// The descriptors of a request: those it lends, and those it owns until the request is sent.
struct request_fds {
  std::uint32_t roles = 0;
  std::vector<int> all; // in the order of the roles
  std::vector<io::unique_fd> own;

  void add(wire::fd_role role, int fd)
  {
    roles |= static_cast<std::uint32_t>(role);
    all.push_back(fd);
  }
  void add(wire::fd_role role, io::unique_fd fd)
  {
    add(role, fd.get());
    own.push_back(std::move(fd));
  }
};

result<> add_checkpoint(session& s, request_fds& fds)
{
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0)
    return error::from_errno(errno, stage::socketpair).with_object("checkpoint socket");
  io::unique_fd host(pair[0]);
  fds.add(wire::fd_role::checkpoint, io::unique_fd(pair[1]));
  return s.adopt_checkpoint(std::move(host));
}

result<> add_stream(session& s, request_fds& fds, int number, stdio source)
{
  constexpr wire::fd_role roles[] = {wire::fd_role::stdin_, wire::fd_role::stdout_, wire::fd_role::stderr_};
  const auto role = roles[number];
  switch (source.what()) {
  case stdio::kind::devnull:
    return success();
  case stdio::kind::inherit: {
    // As fork and exec would have it: a host that closed its standard streams has something of its own there.
    const int flags = ::fcntl(number, F_GETFD);
    if (flags >= 0 && (flags & FD_CLOEXEC) == 0) fds.add(role, number);
    return success();
  }
  case stdio::kind::descriptor:
    if (::fcntl(source.fd(), F_GETFD) < 0)
      return error::argument("descriptor " + std::to_string(source.fd()) + " as standard stream " +
                             std::to_string(number) + " is not open");
    fds.add(role, source.fd());
    return success();
  case stdio::kind::pipe:
    break;
  }
  std::array<int, 2> pair{};
  if (::pipe2(pair.data(), O_CLOEXEC) != 0) return error::from_errno(errno, stage::pipe2);
  io::unique_fd read_end(pair[0]), write_end(pair[1]);
  if (number == 0) std::swap(read_end, write_end);
  fds.add(role, std::move(write_end));
  s.keep_pipe(number, std::move(read_end));
  return success();
}

result<> add_cwd(request_fds& fds)
{
  io::unique_fd here(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!here) return error::from_errno(errno, stage::chdir).with_object("the working directory of the host");
  fds.add(wire::fd_role::cwd, std::move(here));
  return success();
}

/// What is too long for a datagram, in a memory file that nobody can change any more.
result<io::unique_fd> body_file(std::span<const std::byte> bytes)
{
  io::unique_fd file(::memfd_create("linx-request", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) return error::from_errno(errno, stage::memfd);
  while (!bytes.empty()) {
    const auto n = ::write(file.get(), bytes.data(), bytes.size());
    if (n < 0) return error::from_errno(errno, stage::memfd);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  constexpr int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
  if (::fcntl(file.get(), F_ADD_SEALS, seals) != 0) return error::from_errno(errno, stage::memfd);
  return file;
}

result<> submit(const std::shared_ptr<session>& s, const process_options& options,
                const host_identity& identity, const std::shared_ptr<spawner_link>& link,
                const request_fds& fds)
{
  std::uint32_t slot = 0;
  if (s->plan().checkpoint) {
    BOOST_OUTCOME_TRY(slot, link->acquire_slot());
  }
  s->attach(link, slot);
  auto message = encode_spawn(options, s->plan(), {s->id(), slot, fds.roles, identity.credentials});
  auto order = fds.all;
  io::unique_fd body;
  if (!message.body.empty()) {
    BOOST_OUTCOME_TRY(body, body_file(message.body));
    order.insert(order.begin() + (s->plan().checkpoint ? 1 : 0), body.get());
  }
  return link->submit(s->id(), s, std::move(message.frame), order);
}

} // namespace

result<std::shared_ptr<session>> start_session(const executor& home, const process_options& options)
{
  BOOST_OUTCOME_TRYV(options.validate());
  const auto identity = host_identity::current();
  BOOST_OUTCOME_TRY(auto link, current_spawner(home, identity));

  const int umask = identity.umask == link->identity().umask ? -1 : identity.umask;
  auto plan = plan_spawn(options, umask, ::environ);
  auto s = make_state<session>(home, options, std::move(plan), next_id());
  if (s->is_shut_down()) return errc::closed;

  request_fds fds;
  if (s->plan().checkpoint) {
    BOOST_OUTCOME_TRYV(add_checkpoint(*s, fds));
  }
  for (int number = 0; number != 3; ++number) {
    const stdio source = options.standard_streams()[static_cast<std::size_t>(number)];
    BOOST_OUTCOME_TRYV(add_stream(*s, fds, number, source));
  }
  BOOST_OUTCOME_TRYV(add_cwd(fds));

  auto sent = submit(s, options, identity, link, fds);
  if (!sent && sent.error() == errc::died) {
    // It died since the last call and nobody has read the end of file yet: one more try, with a fresh one.
    link->retire();
    BOOST_OUTCOME_TRY(link, current_spawner(home, identity));
    sent = submit(s, options, identity, link, fds);
  }
  if (!sent) return std::move(sent).error();
  s->start();
  return s;
}

} // namespace linx::detail
