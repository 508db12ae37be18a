#include "netlink/adoption.hpp"

#include <array>
#include <cerrno>

#include <sys/socket.h>

namespace linx::netlink::detail {

namespace {

// Other processes may send to the socket, so that its queue need never be empty. A dump of a million routes
// is 1,700 datagrams.
constexpr unsigned most_datagrams = 64 * 1024;

// A socket that is connected to another process refuses what the kernel, port 0, sends to it.
result<> disconnect(io::netlink_socket& socket)
{
  sockaddr none{};
  none.sa_family = AF_UNSPEC;
  if (::connect(socket.native_handle(), &none, sizeof none) != 0)
    return error::from_errno(errno, stage::configure).with_object("disconnecting an adopted netlink socket");
  return success();
}

// An event carries number and port of the request that caused it: as a member the socket would get those of
// its own requests, and nothing in them tells an event from a reply.
result<> leave_groups(io::netlink_socket& socket)
{
  std::array<std::uint32_t, 64> groups{}; // generic netlink has some hundred, numbered from 1
  socklen_t size = sizeof groups;
  if (::getsockopt(socket.native_handle(), SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, groups.data(), &size) !=
      0) {
    if (errno == ENOPROTOOPT) return success(); // Linux 4.1
    return error::from_errno(errno, stage::configure).with_object("NETLINK_LIST_MEMBERSHIPS");
  }
  for (std::uint32_t number = 1; number <= groups.size() * 32; ++number) {
    const std::uint32_t bit = number - 1;
    if ((groups[bit / 32] >> (bit % 32) & 1) == 0) continue;
    BOOST_OUTCOME_TRYV(socket.drop_membership(number));
  }
  return success();
}

void empty(io::netlink_socket& socket) noexcept
{
  std::array<std::byte, 32 * 1024> buffer; // a dump comes in parts as long as its reader's buffer
  for (unsigned n = 0; n < most_datagrams; ++n) {
    if (::recv(socket.native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT) < 0 && errno == EAGAIN)
      return;
  }
}

} // namespace

result<> leave_behind(io::netlink_socket& socket)
{
  BOOST_OUTCOME_TRYV(disconnect(socket));
  BOOST_OUTCOME_TRYV(leave_groups(socket));
  empty(socket);
  return success();
}

} // namespace linx::netlink::detail
