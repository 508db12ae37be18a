// The socket of a monitor.
#pragma once

#include "core/fairness.hpp"
#include "core/operation.hpp"
#include "core/waiter.hpp"

#include <linx/core/stream.hpp>
#include <linx/io/netlink_socket.hpp>
#include <linx/netlink/notification.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include <cerrno>
#include <new>
#include <optional>
#include <vector>

namespace linx::netlink::detail {

// Reads whenever there is something to read, whether or not anybody asks for it, into a queue of the process.
//
// The queue decides what a datagram is: `value_type`, `receive(socket, buffer, is_trusted)` which takes one
// and says whether its sender may be believed, `push(datagram)`, `lose(cause)`, `empty()`, `take()`.
template <class Queue>
class draining_source final : public stream_source<typename Queue::value_type>,
                              public linx::detail::context_state {
public:
  using value_type = typename Queue::value_type;

  draining_source(executor home, io::netlink_socket socket, Queue queue)
      : context_state(std::move(home)),
        socket_(std::move(socket)),
        queue_(std::move(queue)),
        buffer_(64 * 1024)
  {}

  // Begins to read; once the groups are joined.
  void start() { drain(); }

  task<std::optional<value_type>> next() override
  {
    auto body = take();
    return linx::detail::operation<std::optional<value_type>>(shared_from_this(), std::move(body));
  }

  void close() noexcept override
  {
    if (std::exchange(closed_, true)) return;
    readers_.wake_all();
    if (socket_) socket_->close();
  }

private:
  // A buffer never grows beyond this, whoever sends what.
  static constexpr std::size_t largest_datagram = std::size_t(16) << 20;

  // How much is read in one turn of the executor: half a millisecond's work, more than a turn elsewhere,
  // because what is not read in time is lost. It must be more than a turn of `connection::bulk` makes the
  // kernel tell.
  static constexpr unsigned datagrams_per_turn = 1024;
  static constexpr std::size_t bytes_per_turn = std::size_t(1) << 20;

  void shutdown() noexcept override
  {
    closed_ = true;
    readers_.drop();
    socket_.reset();
  }

  std::shared_ptr<draining_source> self()
  {
    return std::static_pointer_cast<draining_source>(shared_from_this());
  }

  task<std::optional<value_type>> take()
  {
    if (reading_) co_return errc::not_ready;
    for (bool cancelled = false;;) {
      if (closed_) co_return errc::closed;
      if (auto event = queue_.take()) {
        if (linx::detail::yield_due()) co_await asio::post(asio::deferred);
        co_return std::move(event);
      }
      if (cancelled) co_return errc::cancelled;
      if (failure_) co_return *failure_;
      linx::detail::waiter waiting(readers_);
      reading_ = true;
      co_await waiting.park();
      reading_ = false;
      cancelled = waiting.reason() == linx::detail::wake_reason::cancelled;
    }
  }

  bool receive_one()
  try {
    bool trusted = false;
    const auto received = Queue::receive(*socket_, buffer_, trusted);
    if (received) {
      if (trusted) queue_.push(std::span<const std::byte>(buffer_).first(received.value()));
      drained_ += received.value();
      return true;
    }
    const error& why = received.error();
    if (why.errnum() == ENOBUFS) {
      missing_ = lost::cause::receive_buffer;
      return true;
    }
    if (why == errc::truncated) {
      missing_ = lost::cause::truncated;
      if (buffer_.size() < largest_datagram) buffer_.resize(buffer_.size() * 2);
      return true;
    }
    // The kernel drops everything from an overrun until the socket has been read empty, which it is now.
    if (missing_) queue_.lose(*missing_);
    missing_.reset();
    if (why.errnum() != EAGAIN) failure_ = why;
    return false;
  } catch (const std::bad_alloc&) {
    // In a handler of the context nobody would catch it. The consumer hears that the stream is over, and why.
    failure_ = error::from_errno(ENOMEM, stage::receive);
    return false;
  }

  void drain()
  {
    if (closed_ || failure_) return;
    drained_ = 0;
    for (unsigned datagrams = 0; receive_one();) {
      if (++datagrams < datagrams_per_turn && drained_ < bytes_per_turn) continue;
      // As long as it has not been empty epoll says nothing, so this goes on by itself.
      armed_ = true;
      asio::post(get_executor(), [source = self()] {
        source->armed_ = false;
        source->drain();
      });
      break;
    }
    if (!queue_.empty() || failure_) readers_.wake_one();
    if (!failure_) arm();
  }

  void arm()
  {
    if (armed_ || closed_) return;
    socket_->async_wait(io::netlink_socket::wait_read, [source = self()](error_code ec) {
      source->armed_ = false;
      if (!ec) source->drain();
    });
    armed_ = true;
  }

  std::optional<io::netlink_socket> socket_;
  Queue queue_;
  std::vector<std::byte> buffer_;
  std::optional<error> failure_;
  std::optional<lost::cause> missing_; // told once the socket is empty: until then more is dropped
  linx::detail::wait_list readers_;
  std::size_t drained_ = 0; // bytes in this turn
  bool armed_ = false;
  bool reading_ = false;
  bool closed_ = false;
};

} // namespace linx::netlink::detail
