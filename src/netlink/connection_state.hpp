// The socket of a connection and the coroutines that wait on it.
#pragma once

#include "core/operation.hpp"
#include "core/state.hpp"
#include "netlink/multiplexer.hpp"

#include <linx/io/netlink_socket.hpp>
#include <linx/netlink/options.hpp>

#include <optional>

namespace linx::netlink::detail {

// Nothing runs while nobody waits: the coroutine that asks reads its own answer, and whatever else is there.
// Only where the answer is not there yet does one handler wait on epoll, on behalf of all.
class connection_state final : public linx::detail::context_state {
public:
  connection_state(executor home, io::netlink_socket socket);

  // Buffers and switches of the socket.
  result<> configure(const connection_options&);

  // Sends the request if nobody has to be let first, and reads until it is answered or there is nothing to
  // read. Otherwise puts it into the queue. True if it is done.
  bool attempt(exchange&);

  // The same without reading.
  void start(exchange&);

  // Sends it at once and alone, past the queue.
  void start_alone(exchange&);

  // Waits for an exchange that was started. It is still pending after `cancelled`: its destructor gives it
  // up.
  task<> complete(exchange&);

  // Asks that the socket be read until the exchange makes progress; its `waiters` are woken.
  void await(exchange&);
  void unawait(exchange& x) noexcept { multiplexer_.unawait(x); }

  // Takes one datagram; false if there is none.
  bool receive_one();

  // Makes room for the answers to `messages` requests sent together, as far as that is allowed.
  void reserve_answers(std::size_t messages);

  std::size_t window() const noexcept { return window_; }
  bool is_closed() const noexcept { return closed_; }
  void close() noexcept;
  const multiplexer& requests() const noexcept { return multiplexer_; }

private:
  void shutdown() noexcept override;

  std::shared_ptr<connection_state> self()
  {
    return std::static_pointer_cast<connection_state>(shared_from_this());
  }
  result<> transmit(std::span<const std::byte> datagram);
  result<> reserve_send_buffer(std::size_t bytes);
  void schedule_flush();
  void flush();
  void pump();
  void arm();

  std::optional<io::netlink_socket> socket_;
  multiplexer multiplexer_;
  std::vector<std::byte> buffer_;
  std::vector<std::byte> datagram_;
  std::vector<exchange*> sent_;
  std::optional<error> lost_; // answers were dropped; what is unanswered when the socket is empty has none
  std::size_t window_ = 0;
  std::size_t send_limit_ = 0;
  unsigned started_ = 0;
  bool closed_ = false;
  bool armed_ = false;
  bool flush_posted_ = false;
};

// `errc::cancelled`, with a stage that says whether the request had been sent.
error cancelled(const exchange&) noexcept;

} // namespace linx::netlink::detail
