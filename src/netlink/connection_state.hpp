// The socket of a connection and the coroutines that wait on it.
#pragma once

#include "core/operation.hpp"
#include "core/state.hpp"
#include "netlink/multiplexer.hpp"

#include <linx/io/netlink_socket.hpp>
#include <linx/netlink/options.hpp>

#include <atomic>
#include <optional>

namespace linx::netlink::detail {

// Nothing runs while nobody waits: the coroutine that asks reads its own answer, and whatever else is there.
// Only where the answer is not there yet does one handler wait on epoll, on behalf of all.
//
// Whenever somebody waits, a flush is posted or that handler is armed (`keep_going`). Where there is no
// memory for either, those who wait are told.
class connection_state final : public linx::detail::context_state {
public:
  connection_state(executor home, io::netlink_socket socket);

  // Buffers and switches of the socket.
  result<> configure(const connection_options&);

  enum class progress : std::uint8_t { ready, blocked, turn_over };

  // Sends the request if nobody has to be let first, else puts it into the queue; and reads until it is ready
  // or there is nothing to read.
  progress attempt(exchange&) noexcept;

  // Waits until the exchange is ready. It is still pending after `cancelled`: its destructor gives it up, or
  // another `run` goes on with it.
  task<> run(exchange&);

  // Sends it at once and alone, past the queue.
  void start_alone(exchange&) noexcept;

  // Makes room for the answers to `messages` requests sent together, as far as that is allowed.
  void reserve_answers(std::size_t messages);

  // Whether a request whose answer did not fit the buffer can be asked again: it changes nothing, and there
  // is room now.
  bool may_ask_again(const message_builder&, const exchange&) const noexcept;
  // Whether a part of an answer that was `length` bytes long would fit now.
  bool has_room_for(std::size_t length) const noexcept { return length <= buffer_.size(); }

  std::size_t window() const noexcept { return window_; }

  // Any thread. From the call on nothing is started; what is pending ends at home.
  void begin_close() noexcept;
  bool is_open() const noexcept { return !closing_.load(std::memory_order_relaxed) && !is_shut_down(); }

  const multiplexer& requests() const noexcept { return multiplexer_; }

private:
  class attention;

  void shutdown() noexcept override;
  void close() noexcept;

  std::shared_ptr<connection_state> self()
  {
    return std::static_pointer_cast<connection_state>(shared_from_this());
  }
  void start(exchange&) noexcept;
  bool receive_one() noexcept;
  error overrun() const noexcept;
  void grow_buffer(std::size_t length) noexcept;
  result<> transmit(std::span<const std::byte> datagram);
  result<> reserve_send_buffer(std::size_t bytes);
  void send_queued() noexcept;
  void flush() noexcept;
  void pump() noexcept;
  void keep_going() noexcept;
  bool post_flush() noexcept;
  bool arm() noexcept;
  void disarm() noexcept;

  std::optional<io::netlink_socket> socket_;
  multiplexer multiplexer_;
  std::vector<std::byte> buffer_;
  std::vector<std::byte> datagram_;
  std::size_t window_ = 0;
  std::size_t send_limit_ = 0;
  unsigned started_ = 0;
  bool is_route_ = false;
  bool answers_later_ = false;
  bool lost_ = false; // answers were dropped; what is unanswered when the socket is empty has none
  std::atomic<bool> closing_ = false;
  bool closed_ = false;
  bool armed_ = false;
  bool flush_posted_ = false;
};

// `errc::cancelled`, with a stage that says whether the request had been sent.
error cancelled(const exchange&) noexcept;

} // namespace linx::netlink::detail
