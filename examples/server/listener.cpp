#include "listener.hpp"

#include <algorithm>
#include <cerrno>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace server_tool {

namespace {

using linx::error;
using linx::stage;

linx::result<linx::io::unique_fd> open_socket(int family)
{
  linx::io::unique_fd socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return error::from_errno(errno, stage::open).with_object("socket");
  return socket;
}

/// Whether it is a socket that a dead server has left behind.
bool is_stale(const sockaddr_un& address)
{
  const auto probe = open_socket(AF_UNIX);
  return probe &&
         ::connect(probe.value().get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
         errno == ECONNREFUSED;
}

linx::result<listener> listen_on_path(const std::string& path)
{
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return error::argument("--socket '" + path + "': longer than a path of unix(7) may be");
  std::copy(path.begin(), path.end(), address.sun_path);
  BOOST_OUTCOME_TRY(auto socket, open_socket(AF_UNIX));
  const mode_t former = ::umask(0177); // whoever may connect may run anything
  const auto bound = [&] {
    return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  };
  bool done = bound();
  if (!done && errno == EADDRINUSE && is_stale(address) && ::unlink(path.c_str()) == 0) done = bound();
  const int why = errno;
  ::umask(former);
  if (!done || ::listen(socket.get(), SOMAXCONN) != 0)
    return error::from_errno(done ? errno : why, stage::bind).with_object(path);
  return listener{std::move(socket), path, path};
}

linx::result<listener> listen_on_port(std::uint16_t port)
{
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  socklen_t length = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  BOOST_OUTCOME_TRY(auto socket, open_socket(AF_INET));
  const int on = 1;
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(socket.get(), generic, length) != 0 || ::listen(socket.get(), SOMAXCONN) != 0 ||
      ::getsockname(socket.get(), generic, &length) != 0)
    return error::from_errno(errno, stage::bind).with_object("port " + std::to_string(port));
  return listener{std::move(socket), "127.0.0.1:" + std::to_string(ntohs(address.sin_port)), {}};
}

} // namespace

linx::result<listener> listen_on(const settings& given)
{
  return given.port ? listen_on_port(*given.port) : listen_on_path(given.path);
}

} // namespace server_tool
