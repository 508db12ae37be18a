// Who waits for which sequence number: the state of a connection without its socket.
#pragma once

#include "netlink/exchange.hpp"
#include "netlink/pending_table.hpp"

#include <array>

namespace linx::netlink::detail {

// Numbers the requests, coalesces those that wait to be sent, bounds what is in flight, and hands each
// received message to its exchange.
//
// Does no I/O and reads no clock. Whatever a datagram holds, the worst it does is to be ignored.
class multiplexer {
public:
  // `window` is the size of the receive buffer as the kernel counts it; answers beyond it would be dropped.
  //
  // The first number is no secret, but it is another one for each connection: an answer to somebody who had
  // the socket before does not look like one of ours.
  explicit multiplexer(std::size_t window, std::uint32_t first_sequence = 1);
  multiplexer(const multiplexer&) = delete;
  multiplexer& operator=(const multiplexer&) = delete;
  ~multiplexer();

  void set_window(std::size_t window) noexcept { window_ = window; }

  // The port id that replies carry (nlmsg_pid). Events carry that of whoever caused them, or 0: taskstats
  // sends such with running numbers, to the port of the listener.
  void set_port(std::uint32_t port) noexcept { port_ = port; }

  // Whether a request may be sent now: nobody was first, its answer will find room, no other dump is running.
  bool may_send(const exchange&) const noexcept;

  // Gives a request its numbers, writes them into it, and expects its reply; it is the whole of a datagram.
  void admit(exchange& x)
  {
    ++datagram_;
    admit_into_datagram(x);
  }

  // Puts a request behind those that wait to be sent.
  void enqueue(exchange&);
  bool has_queued() const noexcept { return queued_.first != nullptr; }
  // Whether `collect` would find one to send now.
  bool has_sendable() const noexcept;
  // Moves what may be sent from the queue into `datagram`, which is empty, at most about `limit` bytes unless
  // the first is longer, and admits it. One that there is no memory for is failed, and the others go on.
  void collect(std::size_t limit, std::vector<std::byte>& datagram) noexcept;
  // That datagram was not sent.
  void fail_collected(const error&) noexcept;

  // Routes the messages of one datagram. Those of a sender that is not the kernel (port 0) are dropped.
  void receive(std::span<const std::byte> datagram, std::uint32_t sender_port) noexcept;

  // What there is of a datagram of the kernel that was `length` bytes long. A datagram is of one answer.
  void receive_cut(std::span<const std::byte> front, std::size_t length) noexcept;

  // The socket is empty. The kernel answers a request before send(2) returns, so those sent have all that
  // they will get: each ends, with the errno of a refusal in the same datagram or with `errc::protocol`. A
  // dump of which there is a part goes on. Unless `all`, this is so only for those that may stay unanswered.
  void settle(bool all) noexcept;

  // Counts one more who wants the socket read: `receive` and failures count it down again.
  void await(exchange&) noexcept;
  void unawait(exchange&) noexcept;
  bool is_awaited() const noexcept { return awaited_ > 0; }

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
  std::uint32_t next_sequence() const noexcept { return next_sequence_; }

private:
  friend class exchange;

  struct list {
    exchange* first = nullptr;
    exchange* last = nullptr;
    void append(exchange&) noexcept;
    void remove(exchange&) noexcept;
  };

  struct refused {
    std::uint32_t datagram = 0;
    int errnum = 0;
  };

  // The exchange is destroyed: from now on its late reply belongs to nobody.
  void forget(exchange&) noexcept;
  // It will get no reply: nothing was sent, or all is lost.
  void withdraw(exchange&) noexcept;
  void release(exchange&) noexcept;
  void admit_into_datagram(exchange&);
  void route(const message_view&) noexcept;
  pending_table::entry* entry_of(const nlmsghdr&) noexcept;
  error unanswered(std::uint32_t datagram) const noexcept;
  std::uint32_t reserve(std::uint32_t count) noexcept;

  pending_table table_;
  list queued_;
  list sent_;
  std::size_t window_;
  std::size_t in_flight_ = 0;
  std::size_t awaited_ = 0;
  std::uint64_t ignored_ = 0;
  std::uint32_t next_sequence_;
  std::uint32_t port_ = 0;     // 0: any
  std::uint32_t datagram_ = 0; // number of the last one
  // The last refusals, each with the datagram that its request was sent in.
  std::array<refused, 8> refused_{};
  std::size_t next_refused_ = 0;
};

} // namespace linx::netlink::detail
