// Events between the socket and the consumer, bounded in bytes.
#pragma once

#include <linx/io/netlink_socket.hpp>
#include <linx/netlink/notification.hpp>

#include <deque>
#include <optional>
#include <span>
#include <vector>

namespace linx::netlink::detail {

// Keeps datagrams in blocks, so that emptying a socket costs no allocation per event; decodes when taken.
class event_queue {
public:
  using value_type = notification;

  explicit event_queue(std::size_t limit) : limit_(limit) {}

  // Takes a datagram out of a socket; messages of anybody but the kernel (port 0) are not trusted. `length`
  // is that of the datagram, also where it is longer than the buffer.
  static result<std::size_t> receive(io::netlink_socket&, std::span<std::byte> buffer, bool& is_trusted,
                                     std::size_t& length) noexcept;

  // One datagram of the kernel. One that does not fit, or that there is no memory for, empties the queue: the
  // consumer has to list the state anew in any case, and what follows is dropped until it knows.
  void push(std::span<const std::byte> datagram) noexcept;

  // Events are missing from here on.
  void lose(lost::cause) noexcept;

  bool empty() const noexcept { return items_.empty() && !overflowed_; }
  std::size_t bytes() const noexcept { return bytes_; }

  // The next event; nothing when there is none.
  std::optional<notification> take();

private:
  class item {
  public:
    explicit item(lost l) noexcept : loss(l) {}
    explicit item(std::size_t capacity) { block.reserve(capacity); }

    std::vector<std::byte> block;
    std::size_t at = 0; // what has been taken already
    std::optional<lost> loss;
  };

  void append(std::span<const std::byte> datagram, std::size_t size);
  void give_up() noexcept;

  std::deque<item> items_;
  std::size_t limit_;
  std::size_t bytes_ = 0;
  bool overflowed_ = false; // a loss that stands for all that was here, and takes no memory
};

} // namespace linx::netlink::detail
