#include "process/datagram.hpp"

#include "process/protocol.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <sys/socket.h>
#include <utility>

namespace linx::detail {

namespace {

using control_buffer = std::array<std::byte, CMSG_SPACE(sizeof(int) * wire::max_fds)>;

/// The descriptors of a message. They are open already: those for which there is no memory are closed.
void take_descriptors(msghdr& message, received& got)
{
  if (message.msg_flags & MSG_CTRUNC) got.lost = EMFILE;
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i != count; ++i) {
      int fd;
      std::memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
      io::unique_fd taken(fd);
      if (got.lost == ENOMEM) continue;
      try {
        if (i == 0) got.fds.reserve(count);
        got.fds.push_back(std::move(taken));
      } catch (const std::bad_alloc&) {
        got.lost = ENOMEM;
      }
    }
  }
}

} // namespace

result<received> receive_datagram(int socket, std::span<std::byte> buffer)
{
  alignas(cmsghdr) control_buffer control;
  iovec part{buffer.data(), buffer.size()};
  for (;;) {
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const auto n = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    // The kernel reports the reset once, ahead of the queue.
    if (n < 0 && (errno == EINTR || errno == ECONNRESET)) continue;
    if (n < 0) return error::from_errno(errno, stage::receive);
    received got;
    got.bytes = static_cast<std::size_t>(n);
    take_descriptors(message, got);
    if (message.msg_flags & MSG_TRUNC) return error(errc::truncated, stage::receive);
    return got;
  }
}

bool lacks_room(const error& failed) noexcept
{
  return failed.errnum() == ETOOMANYREFS || failed.errnum() == ENOBUFS || failed.errnum() == ENOMEM;
}

bool peer_has_gone(const error& failed) noexcept
{
  return failed.errnum() == EPIPE || failed.errnum() == ECONNRESET;
}

result<> send_datagram(int socket, std::span<const std::byte> bytes, std::span<const int> fds)
{
  alignas(cmsghdr) control_buffer control;
  iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!fds.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(fds.size_bytes());
    std::memset(control.data(), 0, message.msg_controllen);
    cmsghdr* c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(fds.size_bytes());
    std::memcpy(CMSG_DATA(c), fds.data(), fds.size_bytes());
  }
  for (;;) {
    if (::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return success();
    if (errno != EINTR) return error::from_errno(errno, stage::send);
  }
}

} // namespace linx::detail
