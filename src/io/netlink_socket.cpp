#include <linx/io/netlink_socket.hpp>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <string>

#include <sys/socket.h>

namespace linx::io {

namespace {

struct received {
  ssize_t bytes; // the datagram's whole length, or -1 and errno
  bool truncated;
};

// recvfrom(2) and sendto(2) have the kernel copy no msghdr and no iovec: a hundredth or two of a request
// each.

received receive_datagram(int fd, void* data, std::size_t size, sockaddr_nl* from) noexcept
{
  sockaddr_nl sender{};
  socklen_t length = sizeof sender;
  ssize_t n;
  do {
    n = ::recvfrom(fd, data, size, MSG_DONTWAIT | MSG_TRUNC, reinterpret_cast<sockaddr*>(&sender), &length);
  } while (n < 0 && errno == EINTR);
  if (n >= 0 && from) *from = sender;
  return {n, n >= 0 && static_cast<std::size_t>(n) > size};
}

ssize_t send_datagram(int fd, const iovec* pieces, std::size_t count) noexcept
{
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  if (count == 1) {
    ssize_t n;
    do {
      n = ::sendto(fd, pieces->iov_base, pieces->iov_len, MSG_DONTWAIT | MSG_NOSIGNAL,
                   reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
    } while (n < 0 && errno == EINTR);
    return n;
  }
  msghdr message{};
  message.msg_name = &kernel;
  message.msg_namelen = sizeof kernel;
  message.msg_iov = const_cast<iovec*>(pieces);
  message.msg_iovlen = count;
  ssize_t n;
  do {
    n = ::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (n < 0 && errno == EINTR);
  return n;
}

result<int> get_option(int fd, int level, int option)
{
  int value = 0;
  socklen_t size = sizeof value;
  if (::getsockopt(fd, level, option, &value, &size) != 0) return error::from_errno(errno, stage::configure);
  return value;
}

result<sockaddr_nl> local_address(int fd)
{
  sockaddr_nl address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return error::from_errno(errno, stage::configure);
  }
  return address;
}

result<std::size_t> set_buffer(int fd, std::size_t bytes, int forced, int plain, const char* name)
{
  // The kernel stores twice the value in an int.
  const int wanted = static_cast<int>(std::min<std::size_t>(bytes, std::numeric_limits<int>::max() / 2));
  if (::setsockopt(fd, SOL_SOCKET, forced, &wanted, sizeof wanted) != 0) {
    if (errno != EPERM || ::setsockopt(fd, SOL_SOCKET, plain, &wanted, sizeof wanted) != 0) {
      return error::from_errno(errno, stage::configure).with_object(name);
    }
  }
  BOOST_OUTCOME_TRY(const int granted, get_option(fd, SOL_SOCKET, plain));
  return static_cast<std::size_t>(granted);
}

const char* name_of(netlink_option option) noexcept
{
  switch (option) {
  case netlink_option::ext_ack:
    return "NETLINK_EXT_ACK";
  case netlink_option::cap_ack:
    return "NETLINK_CAP_ACK";
  case netlink_option::strict_chk:
    return "NETLINK_GET_STRICT_CHK";
  case netlink_option::listen_all_nsid:
    return "NETLINK_LISTEN_ALL_NSID";
  case netlink_option::packet_info:
    return "NETLINK_PKTINFO";
  case netlink_option::broadcast_error:
    return "NETLINK_BROADCAST_ERROR";
  case netlink_option::no_enobufs:
    return "NETLINK_NO_ENOBUFS";
  }
  return "";
}

} // namespace

namespace detail {

std::optional<error_code> netlink_receive_attempt::perform(int fd) noexcept
{
  const auto [n, truncated] = receive_datagram(fd, buffer_.data(), buffer_.size(), from_);
  if (n < 0) {
    if (errno == EAGAIN) return std::nullopt;
    return error_code(errno, boost::system::system_category());
  }
  if (truncated) {
    bytes_ = buffer_.size();
    return make_error_code(errc::truncated);
  }
  bytes_ = static_cast<std::size_t>(n);
  return error_code();
}

std::optional<error_code> netlink_send_attempt::perform(int fd) noexcept
{
  const iovec piece{const_cast<void*>(buffer_.data()), buffer_.size()};
  const auto n = send_datagram(fd, &piece, 1);
  if (n < 0) {
    if (errno == EAGAIN) return std::nullopt;
    return error_code(errno, boost::system::system_category());
  }
  bytes_ = static_cast<std::size_t>(n);
  return error_code();
}

} // namespace detail

result<netlink_socket> netlink_socket::open(executor ex, int protocol)
{
  unique_fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
  if (!fd) {
    return error::from_errno(errno, stage::open).with_object("netlink protocol " + std::to_string(protocol));
  }
  return adopt(std::move(ex), std::move(fd));
}

result<netlink_socket> netlink_socket::adopt(executor ex, unique_fd fd)
{
  const auto domain = get_option(fd.get(), SOL_SOCKET, SO_DOMAIN);
  if (!domain || domain.value() != AF_NETLINK) {
    return error::argument("descriptor " + std::to_string(fd.get()) + " is not a netlink socket");
  }
  BOOST_OUTCOME_TRY(const sockaddr_nl local, local_address(fd.get()));
  if (local.nl_pid == 0) {
    sockaddr_nl any{};
    any.nl_family = AF_NETLINK;
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0) {
      return error::from_errno(errno, stage::bind);
    }
  }
  netlink_socket self(std::move(ex));
  BOOST_OUTCOME_TRYV(self.assign(std::move(fd)));
  return self;
}

result<int> netlink_socket::protocol() const
{
  return get_option(native_handle(), SOL_SOCKET, SO_PROTOCOL);
}

result<std::uint32_t> netlink_socket::port_id() const
{
  BOOST_OUTCOME_TRY(const sockaddr_nl local, local_address(native_handle()));
  return local.nl_pid;
}

result<void> netlink_socket::set(netlink_option option, bool on)
{
  const int value = on;
  if (::setsockopt(native_handle(), SOL_NETLINK, static_cast<int>(option), &value, sizeof value) != 0) {
    return error::from_errno(errno, stage::configure).with_object(name_of(option));
  }
  return success();
}

result<void> netlink_socket::add_membership(std::uint32_t group)
{
  if (::setsockopt(native_handle(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0) {
    return error::from_errno(errno, stage::configure).with_object("multicast group " + std::to_string(group));
  }
  return success();
}

result<void> netlink_socket::drop_membership(std::uint32_t group)
{
  if (::setsockopt(native_handle(), SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, &group, sizeof group) != 0) {
    return error::from_errno(errno, stage::configure).with_object("multicast group " + std::to_string(group));
  }
  return success();
}

result<std::size_t> netlink_socket::set_receive_buffer(std::size_t bytes)
{
  return set_buffer(native_handle(), bytes, SO_RCVBUFFORCE, SO_RCVBUF, "receive buffer");
}

result<std::size_t> netlink_socket::set_send_buffer(std::size_t bytes)
{
  return set_buffer(native_handle(), bytes, SO_SNDBUFFORCE, SO_SNDBUF, "send buffer");
}

result<std::size_t> netlink_socket::receive_buffer() const
{
  BOOST_OUTCOME_TRY(const int bytes, get_option(native_handle(), SOL_SOCKET, SO_RCVBUF));
  return static_cast<std::size_t>(bytes);
}

result<std::size_t> netlink_socket::send_buffer() const
{
  BOOST_OUTCOME_TRY(const int bytes, get_option(native_handle(), SOL_SOCKET, SO_SNDBUF));
  return static_cast<std::size_t>(bytes);
}

result<std::size_t> netlink_socket::try_receive(std::span<std::byte> buffer, sockaddr_nl& from)
{
  std::size_t length = 0;
  auto received = try_receive(buffer, from, length);
  if (!received && received.error() == errc::truncated) {
    return std::move(received).error().with_object("a datagram of " + std::to_string(length) +
                                                   " bytes met a buffer of " + std::to_string(buffer.size()));
  }
  return received;
}

result<std::size_t> netlink_socket::try_receive(std::span<std::byte> buffer, sockaddr_nl& from,
                                                std::size_t& length) noexcept
{
  const auto [n, truncated] = receive_datagram(native_handle(), buffer.data(), buffer.size(), &from);
  if (n < 0) return error::from_errno(errno, stage::receive);
  length = static_cast<std::size_t>(n);
  if (truncated) return error(errc::truncated, stage::receive);
  return length;
}

result<std::size_t> netlink_socket::try_send(std::span<const iovec> pieces)
{
  const auto n = send_datagram(native_handle(), pieces.data(), pieces.size());
  if (n < 0) return error::from_errno(errno, stage::send);
  return static_cast<std::size_t>(n);
}

} // namespace linx::io
