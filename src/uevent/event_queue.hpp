// uevents between the socket and the consumer, bounded in bytes.
#pragma once

#include <linx/io/netlink_socket.hpp>
#include <linx/uevent/monitor.hpp>

#include <deque>

namespace linx::uevent::detail {

// Parses as they come: what is no uevent takes no room.
class event_queue {
public:
  using value_type = notification;

  explicit event_queue(std::size_t limit) : limit_(limit) {}

  // Trusted is the kernel: port 0, and the credentials of root (SO_PASSCRED).
  static result<std::size_t> receive(io::netlink_socket&, std::span<std::byte> buffer, bool& is_trusted,
                                     std::size_t& length) noexcept;

  // One that does not fit, or that there is no memory for, empties the queue, and what follows is dropped
  // until the consumer has been told.
  void push(std::span<const std::byte> datagram) noexcept;
  void lose(netlink::lost::cause) noexcept;

  bool empty() const noexcept { return items_.empty() && !overflowed_; }
  std::optional<notification> take();

private:
  class item {
  public:
    notification value;
    std::size_t size = 0; // of the datagram
  };

  void give_up() noexcept;

  std::deque<item> items_;
  std::size_t limit_;
  std::size_t bytes_ = 0;
  bool overflowed_ = false; // a loss that stands for all that was here, and takes no memory
};

} // namespace linx::uevent::detail
