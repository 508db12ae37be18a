#include "netlink/connection_state.hpp"

#include "core/fairness.hpp"

#include <boost/asio/post.hpp>

#include <cerrno>

namespace linx::netlink::detail {

namespace {

// A dump fills its datagrams up to 32 KiB, and only a reader with room for that gets them so long.
constexpr std::size_t receive_size = 64 * 1024;

// A buffer never grows beyond this, whoever sends what.
constexpr std::size_t largest_datagram = std::size_t(16) << 20;

// Looking at the clock costs a hundredth of a request, and it is not far to the next look. It is before each
// datagram of many requests.
constexpr unsigned yield_stride = 4;

// Requests that waited are sent together up to this; more is not faster.
constexpr std::size_t coalesce_limit = 32 * 1024;

// netlink_sendmsg() refuses what is longer than the send buffer less this.
constexpr std::size_t send_reserve = 32;

// No more is asked for on behalf of a caller: 16 million messages would be another matter.
constexpr std::size_t largest_window = std::size_t(64) << 20;

} // namespace

connection_state::connection_state(executor home, io::netlink_socket socket)
    : context_state(std::move(home)), socket_(std::move(socket)), multiplexer_(0), buffer_(receive_size)
{
  datagram_.reserve(coalesce_limit);
  sent_.reserve(64);
}

result<> connection_state::configure(const connection_options& options)
{
  // Old kernels lack one or the other: answers say less then, and filters of a dump are not honoured.
  for (const auto option : {io::netlink_option::ext_ack, io::netlink_option::cap_ack}) {
    if (auto set = socket_->enable(option); !set && set.error().errnum() != ENOPROTOOPT) return set.error();
  }
  if (options.strict_checks()) {
    if (auto set = socket_->enable(io::netlink_option::strict_chk);
        !set && set.error().errnum() != ENOPROTOOPT)
      return set.error();
  }
  if (options.receive_buffer() != 0) {
    BOOST_OUTCOME_TRYV(socket_->set_receive_buffer(options.receive_buffer()));
  }
  BOOST_OUTCOME_TRY(const auto receive_buffer, socket_->receive_buffer());
  BOOST_OUTCOME_TRY(const auto send_buffer, socket_->send_buffer());
  window_ = receive_buffer;
  send_limit_ = send_buffer;
  multiplexer_.set_window(window_);
  return success();
}

bool connection_state::attempt(exchange& x)
{
  start(x);
  // Once answers were lost the socket has to be emptied: only then is it known who will not get one.
  if (x.is_sent())
    while ((!x.is_done() || lost_) && receive_one()) {
    }
  if (multiplexer_.has_queued()) schedule_flush();
  return x.is_done();
}

void connection_state::start(exchange& x)
{
  if (closed_) {
    x.fail(errc::closed);
  } else if (multiplexer_.has_queued() || !multiplexer_.may_send(x) ||
             ((++started_ % yield_stride == 0 || x.count() > 1) && linx::detail::yield_due())) {
    // The turn of this coroutine is over anyway: its request waits for those of the others, to be sent with
    // them.
    multiplexer_.enqueue(x);
    schedule_flush();
  } else {
    start_alone(x);
  }
}

void connection_state::start_alone(exchange& x)
{
  if (closed_) return x.fail(errc::closed);
  multiplexer_.admit(x);
  if (auto sent = transmit(x.request()); !sent) x.fail(std::move(sent).error());
}

task<> connection_state::complete(exchange& x)
{
  while (!x.is_done()) {
    const auto cancel = co_await asio::this_coro::cancellation_state;
    if (linx::detail::is_cancelled(cancel)) co_return cancelled(x);
    linx::detail::waiter waiting(x.waiters);
    await(x);
    co_await waiting.park();
    if (!x.is_done() && waiting.reason() == linx::detail::wake_reason::cancelled) co_return cancelled(x);
  }
  co_return success();
}

error cancelled(const exchange& x) noexcept
{
  return {errc::cancelled, x.is_sent() ? stage::receive : stage::none};
}

void connection_state::await(exchange& x)
{
  multiplexer_.await(x);
  if (x.is_sent()) arm();
}

bool connection_state::receive_one()
{
  if (!socket_) return false;
  sockaddr_nl from{};
  auto received = socket_->try_receive(buffer_, from);
  if (received) {
    multiplexer_.receive(std::span(buffer_).first(received.value()), from.nl_pid);
    if (multiplexer_.has_sendable()) schedule_flush();
    return true;
  }
  const error& why = received.error();
  switch (why.errnum()) {
  case EAGAIN:
    // The kernel answers before sendmsg(2) returns, so what has no answer now lost it.
    if (lost_) multiplexer_.fail_sent(*lost_);
    lost_.reset();
    return false;
  case ENOBUFS:
    lost_ = error(errc::overrun, stage::receive)
                .with_object("a receive buffer of " + std::to_string(window_) + " bytes");
    return true;
  default:
    if (why == errc::truncated) {
      if (from.nl_pid != 0) return true; // not an answer, whatever it was
      lost_ = why;
      if (buffer_.size() < largest_datagram)
        buffer_.resize(buffer_.size() * 2); // the next of its size may fit
      return true;
    }
    multiplexer_.fail_sent(why);
    return false;
  }
}

result<> connection_state::transmit(std::span<const std::byte> datagram)
{
  if (datagram.size() + send_reserve > send_limit_) {
    BOOST_OUTCOME_TRYV(reserve_send_buffer(datagram.size()));
  }
  const iovec piece{const_cast<std::byte*>(datagram.data()), datagram.size()};
  BOOST_OUTCOME_TRYV(socket_->try_send({&piece, 1}));
  return success();
}

result<> connection_state::reserve_send_buffer(std::size_t bytes)
{
  BOOST_OUTCOME_TRY(const auto granted, socket_->set_send_buffer(bytes + send_reserve));
  send_limit_ = granted;
  if (bytes + send_reserve <= send_limit_) return success();
  return error::from_errno(EMSGSIZE, stage::send)
      .with_object(std::to_string(bytes) + " bytes in one message, the send buffer holds " +
                   std::to_string(send_limit_ - send_reserve) +
                   "; raise net.core.wmem_max or run with CAP_NET_ADMIN in the initial user namespace");
}

void connection_state::reserve_answers(std::size_t messages)
{
  const std::size_t wanted = std::min(messages * answer_cost, largest_window);
  if (wanted <= window_) return;
  // the kernel doubles what it is asked for; a refusal shows in what it grants
  if (const auto granted = socket_->set_receive_buffer(wanted / 2)) {
    window_ = granted.value();
    multiplexer_.set_window(window_);
  }
}

void connection_state::schedule_flush()
{
  if (flush_posted_ || closed_) return;
  asio::post(get_executor(), [state = self()] { state->flush(); });
  flush_posted_ = true;
}

void connection_state::flush()
{
  flush_posted_ = false;
  if (closed_) return;
  datagram_.clear();
  sent_.clear();
  multiplexer_.collect(coalesce_limit, datagram_, sent_);
  if (!datagram_.empty()) {
    if (const auto sent = transmit(datagram_); !sent)
      for (exchange* x : sent_) x->fail(sent.error());
  }
  pump();
}

void connection_state::pump()
{
  while (!closed_ && multiplexer_.is_awaited() && !multiplexer_.has_sendable()) {
    if (!receive_one()) break;
    if (linx::detail::yield_due()) return schedule_flush();
  }
  if (multiplexer_.has_sendable())
    schedule_flush();
  else if (multiplexer_.is_awaited())
    arm();
}

void connection_state::arm()
{
  if (armed_ || closed_) return;
  socket_->async_wait(io::netlink_socket::wait_read, [state = self()](error_code ec) {
    state->armed_ = false;
    if (!ec) state->pump();
  });
  armed_ = true;
}

void connection_state::close() noexcept
{
  if (std::exchange(closed_, true)) return;
  multiplexer_.fail_all(error(errc::closed));
  if (socket_) socket_->close();
}

void connection_state::shutdown() noexcept
{
  closed_ = true;
  multiplexer_.drop();
  socket_.reset();
}

} // namespace linx::netlink::detail
