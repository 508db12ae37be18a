#include "netlink/monitor_source.hpp"

#include "core/fairness.hpp"

#include <boost/asio/post.hpp>

#include <cerrno>
#include <new>

namespace linx::netlink::detail {

namespace {

// A buffer never grows beyond this, whoever sends what.
constexpr std::size_t largest_datagram = std::size_t(16) << 20;

} // namespace

monitor_source::monitor_source(executor home, io::netlink_socket socket, std::size_t queue_limit)
    : context_state(std::move(home)), socket_(std::move(socket)), queue_(queue_limit), buffer_(64 * 1024)
{}

task<std::optional<notification>> monitor_source::next()
{
  auto body = take();
  return linx::detail::operation<std::optional<notification>>(shared_from_this(), std::move(body));
}

task<std::optional<notification>> monitor_source::take()
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

bool monitor_source::receive_one()
try {
  sockaddr_nl from{};
  const auto received = socket_->try_receive(buffer_, from);
  if (received) {
    if (from.nl_pid == 0) queue_.push(std::span(buffer_).first(received.value()));
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

void monitor_source::drain()
{
  if (closed_ || failure_) return;
  while (receive_one()) {
    if (!linx::detail::yield_due()) continue;
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

void monitor_source::arm()
{
  if (armed_ || closed_) return;
  socket_->async_wait(io::netlink_socket::wait_read, [source = self()](error_code ec) {
    source->armed_ = false;
    if (!ec) source->drain();
  });
  armed_ = true;
}

void monitor_source::close() noexcept
{
  if (std::exchange(closed_, true)) return;
  readers_.wake_all();
  if (socket_) socket_->close();
}

void monitor_source::shutdown() noexcept
{
  closed_ = true;
  readers_.drop();
  socket_.reset();
}

} // namespace linx::netlink::detail
