#include "uevent/event_queue.hpp"

#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include <sys/socket.h>

namespace linx::uevent::detail {

namespace {

// How root of the initial user namespace looks from a user namespace that does not map it
// (/proc/sys/kernel/overflowuid). Nobody can forge that with port 0.
constexpr uid_t unmapped_uid = 65534;

// Bytes that an event is charged with beside those of its datagram: the nodes of its map.
constexpr std::size_t overhead = 1024;

bool is_root(const msghdr& message) noexcept
{
  for (auto* c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(const_cast<msghdr*>(&message), c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS ||
        c->cmsg_len < CMSG_LEN(sizeof(ucred)))
      continue;
    ucred who;
    std::memcpy(&who, CMSG_DATA(c), sizeof who);
    return who.uid == 0 || who.uid == unmapped_uid;
  }
  return false;
}

} // namespace

result<std::size_t> event_queue::receive(io::netlink_socket& socket, std::span<std::byte> buffer,
                                         bool& is_trusted, std::size_t& length) noexcept
{
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))];
  iovec piece{buffer.data(), buffer.size()};
  sockaddr_nl from{};
  msghdr message{};
  message.msg_name = &from;
  message.msg_namelen = sizeof from;
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t n;
  do {
    n = ::recvmsg(socket.native_handle(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (n < 0 && errno == EINTR);
  if (n < 0) return error::from_errno(errno, stage::receive);
  // the kernel's own are 2 KiB at most (UEVENT_BUFFER_SIZE): one that was cut is not its
  is_trusted = from.nl_pid == 0 && (message.msg_flags & MSG_TRUNC) == 0 && is_root(message);
  length = static_cast<std::size_t>(n);
  return length;
}

void event_queue::push(std::span<const std::byte> datagram) noexcept
{
  if (overflowed_) return;
  try {
    auto parsed = event::parse(datagram);
    if (!parsed) return;
    const std::size_t size = datagram.size() + overhead;
    if (bytes_ + size > limit_) return give_up();
    items_.push_back({std::move(*parsed), size});
    bytes_ += size;
  } catch (const std::bad_alloc&) {
    give_up();
  }
}

void event_queue::give_up() noexcept
{
  items_.clear();
  bytes_ = 0;
  overflowed_ = true;
}

void event_queue::lose(netlink::lost::cause why) noexcept
{
  if (overflowed_ || (!items_.empty() && std::holds_alternative<netlink::lost>(items_.back().value))) return;
  try {
    items_.push_back({netlink::lost(why), 0});
  } catch (const std::bad_alloc&) {
    give_up();
  }
}

std::optional<notification> event_queue::take()
{
  if (items_.empty()) {
    if (std::exchange(overflowed_, false)) return netlink::lost(netlink::lost::cause::queue);
    return std::nullopt;
  }
  item front = std::move(items_.front());
  items_.pop_front();
  bytes_ -= front.size;
  return std::move(front.value);
}

} // namespace linx::uevent::detail
