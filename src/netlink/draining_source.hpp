// The socket of a monitor.
#pragma once

#include "core/source.hpp"
#include "core/waiter.hpp"
#include "netlink/listener.hpp"

#include <linx/io/netlink_socket.hpp>
#include <linx/netlink/notification.hpp>

#include <algorithm>
#include <cerrno>
#include <new>
#include <optional>
#include <vector>

namespace linx::netlink::detail {

// Reads whenever there is something to read, whether or not anybody asks for it, into a queue of the process.
//
// The queue decides what a datagram is: `value_type`, `receive(socket, buffer, is_trusted, length)` which
// takes one and says whether its sender may be believed and how long it is, `push(datagram)`, `lose(cause)`,
// `empty()`, `take()`. Only the last may throw.
template <class Queue>
class draining_source final : public linx::detail::source<typename Queue::value_type>, public listener {
  using base = linx::detail::source<typename Queue::value_type>;

public:
  using value_type = typename Queue::value_type;

  draining_source(executor home, io::netlink_socket socket, Queue queue)
      : base(std::move(home)), socket_(std::move(socket)), queue_(std::move(queue)), buffer_(64 * 1024)
  {}

  // Begins to read, once the groups are joined. On any thread: all else happens at home.
  // Throws std::bad_alloc.
  void start()
  {
    armed_ = true;
    this->post_home([source = self()] { source->go_on(); });
  }

  task<std::uint32_t> mark(std::uint32_t sequence) override
  {
    auto body = marked(sequence);
    return linx::detail::operation<std::uint32_t>(this->shared_from_this(), std::move(body));
  }

private:
  // A buffer never grows beyond this, whoever sends what.
  static constexpr std::size_t largest_datagram = std::size_t(16) << 20;

  // How much is read in one turn of the executor: half a millisecond's work, more than a turn elsewhere,
  // because what is not read in time is lost. It must be more than a turn of `connection::bulk` makes the
  // kernel tell.
  static constexpr unsigned datagrams_per_turn = 1024;
  static constexpr std::size_t bytes_per_turn = std::size_t(1) << 20;

  void on_close() noexcept override
  {
    readers_.wake_all();
    if (socket_) socket_->close();
  }

  void on_shutdown() noexcept override
  {
    readers_.drop();
    socket_.reset();
  }

  std::shared_ptr<draining_source> self()
  {
    return std::static_pointer_cast<draining_source>(this->shared_from_this());
  }

  task<std::optional<value_type>> read() override
  {
    for (bool cancelled = false;;) {
      if (this->is_closed()) co_return errc::closed;
      if (auto event = queue_.take()) co_return std::move(event);
      if (cancelled) co_return errc::cancelled;
      if (failure_) co_return *failure_;
      if (!arm()) co_return error::from_errno(ENOMEM, stage::receive);
      linx::detail::waiter waiting(readers_);
      co_await waiting.park();
      cancelled = waiting.reason() == linx::detail::wake_reason::cancelled;
    }
  }

  task<std::uint32_t> marked(std::uint32_t sequence)
  {
    if (this->is_closed()) co_return errc::closed;
    // Control messages below NLMSG_MIN_TYPE have no meaning but this one (netlink_rcv_skb in the kernel).
    nlmsghdr request{};
    request.nlmsg_len = sizeof request;
    request.nlmsg_type = NLMSG_NOOP;
    request.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    request.nlmsg_seq = sequence;
    const iovec piece{&request, sizeof request};
    LINX_TRYV(socket_->try_send(std::span(&piece, 1)));
    co_return socket_->port_id();
  }

  bool receive_one() noexcept
  {
    bool trusted = false;
    std::size_t length = 0;
    const auto received = Queue::receive(*socket_, buffer_, trusted, length);
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
      grow_buffer(length);
      return true;
    }
    // The kernel drops everything from an overrun until the socket has been read empty, which it is now.
    if (missing_) queue_.lose(*missing_);
    missing_.reset();
    if (why.errnum() != EAGAIN) failure_ = why;
    return false;
  }

  // So that the next one of that length fits; if there is no memory it is lost as well.
  void grow_buffer(std::size_t length) noexcept
  {
    if (length > largest_datagram) return;
    try {
      std::vector<std::byte> larger(std::min(length + length / 4, largest_datagram));
      buffer_.swap(larger);
    } catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch)
    }
  }

  // What was armed has come.
  void go_on() noexcept
  {
    armed_ = false;
    drain();
  }

  void drain() noexcept
  {
    if (this->is_closed() || failure_) return;
    drained_ = 0;
    for (unsigned datagrams = 0; receive_one();) {
      if (++datagrams < datagrams_per_turn && drained_ < bytes_per_turn) continue;
      if (post_drain()) break;
      datagrams = 0; // no memory for another turn: this one goes on
      drained_ = 0;
    }
    // Without memory to arm it the reader is woken to be told, and the next one tries again.
    const bool is_armed = failure_ || arm();
    if (!queue_.empty() || failure_ || !is_armed) readers_.wake_one();
  }

  // In another turn, at once: what is there already need not be waited for.
  bool post_drain() noexcept
  {
    armed_ = true;
    try {
      this->post_home([source = self()] { source->go_on(); });
    } catch (const std::bad_alloc&) {
      armed_ = false;
    }
    return armed_;
  }

  bool arm() noexcept
  {
    if (armed_ || this->is_closed()) return true;
    armed_ = true;
    try {
      socket_->async_wait(io::netlink_socket::wait_read, [source = self()](error_code ec) {
        if (!ec)
          source->go_on();
        else
          source->armed_ = false;
      });
    } catch (const std::bad_alloc&) {
      armed_ = false;
    }
    return armed_;
  }

  std::optional<io::netlink_socket> socket_;
  Queue queue_;
  std::vector<std::byte> buffer_;
  std::optional<error> failure_;
  std::optional<lost::cause> missing_; // told once the socket is empty: until then more is dropped
  linx::detail::wait_list readers_;
  std::size_t drained_ = 0; // bytes in this turn
  bool armed_ = false;
};

} // namespace linx::netlink::detail
