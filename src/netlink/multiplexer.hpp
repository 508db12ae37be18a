// Who waits for which sequence number: the state of a connection without its socket.
#pragma once

#include "netlink/exchange.hpp"
#include "netlink/pending_table.hpp"

namespace linx::netlink::detail {

// Numbers the requests, coalesces those that wait to be sent, bounds what is in flight, and hands each
// received message to its exchange.
//
// Does no I/O and reads no clock. Whatever a datagram holds, the worst it does is to be ignored.
class multiplexer {
public:
  // `window` is the size of the receive buffer as the kernel counts it; answers beyond it would be dropped.
  explicit multiplexer(std::size_t window, std::uint32_t first_sequence = 1);
  multiplexer(const multiplexer&) = delete;
  multiplexer& operator=(const multiplexer&) = delete;
  ~multiplexer();

  void set_window(std::size_t window) noexcept { window_ = window; }

  // Whether a request may be sent now: nobody was first, its answer will find room, no other dump is running.
  bool may_send(const exchange&) const noexcept;

  // Gives a request its numbers, writes them into it, and expects its reply.
  void admit(exchange&);

  // Puts a request behind those that wait to be sent.
  void enqueue(exchange&);
  bool has_queued() const noexcept { return queued_.first != nullptr; }
  // Whether `collect` would find one to send now.
  bool has_sendable() const noexcept;
  // Moves what may be sent from the queue into `datagram`, at most about `limit` bytes unless the first is
  // longer, and admits it. The exchanges are appended to `sent`.
  void collect(std::size_t limit, std::vector<std::byte>& datagram, std::vector<exchange*>& sent);

  // Routes the messages of one datagram. Those of a sender that is not the kernel (port 0) are dropped.
  void receive(std::span<const std::byte> datagram, std::uint32_t sender_port);

  // Counts one more who wants the socket read: `receive` and failures count it down again.
  void await(exchange&) noexcept;
  void unawait(exchange&) noexcept;
  bool is_awaited() const noexcept { return awaited_ > 0 || has_queued(); }

  // Nothing more will come for what is in flight.
  void fail_sent(const error&) noexcept;
  // ... nor be sent.
  void fail_all(const error&) noexcept;

  // The end of the io_context: parked coroutines go unresumed.
  void drop() noexcept;

  bool has_dump() const noexcept { return table_.has_dump(); }
  std::size_t in_flight() const noexcept { return in_flight_; }
  std::size_t pending() const noexcept { return table_.size(); }
  std::uint64_t ignored() const noexcept { return ignored_; }

private:
  friend class exchange;

  struct list {
    exchange* first = nullptr;
    exchange* last = nullptr;
    void append(exchange&) noexcept;
    void remove(exchange&) noexcept;
  };

  // The exchange is destroyed: from now on its late reply belongs to nobody.
  void forget(exchange&) noexcept;
  // It will get no reply: nothing was sent, or all is lost.
  void withdraw(exchange&) noexcept;
  void release(exchange&) noexcept;
  void route(const message_view&);
  std::uint32_t reserve(std::uint32_t count) noexcept;

  pending_table table_;
  list queued_;
  list sent_;
  std::size_t window_;
  std::size_t in_flight_ = 0;
  std::size_t awaited_ = 0;
  std::uint64_t ignored_ = 0;
  std::uint32_t next_sequence_;
};

} // namespace linx::netlink::detail
