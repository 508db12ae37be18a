#include "netlink/connection_state.hpp"

#include "core/fairness.hpp"
#include "core/with_words.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <exception>
#include <new>

#include <sys/random.h>

namespace linx::netlink::detail {

namespace {

// Where the numbers of a connection begin. Nobody has to guess it: it keeps answers to somebody else apart.
std::uint32_t random_sequence() noexcept
{
  std::uint32_t first = 0;
  if (::getrandom(&first, sizeof first, GRND_NONBLOCK) != sizeof first) {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    first = static_cast<std::uint32_t>(now.tv_nsec) * 2654435761u;
  }
  return first;
}

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
    : context_state(std::move(home)),
      socket_(std::move(socket)),
      multiplexer_(0, random_sequence()),
      buffer_(receive_size)
{
  datagram_.reserve(coalesce_limit);
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
  BOOST_OUTCOME_TRY(const auto port, socket_->port_id());
  multiplexer_.set_port(port);
  BOOST_OUTCOME_TRY(const int protocol, socket_->protocol());
  is_route_ = protocol == NETLINK_ROUTE;
  answers_later_ = options.answers_later();
  return success();
}

connection_state::progress connection_state::attempt(exchange& x) noexcept
{
  if (x.is_idle()) start(x);
  bool is_turn_over = false;
  // Once answers were lost the socket has to be emptied: only then is it known who will not get one.
  if (x.is_sent()) {
    while ((!x.is_ready() || lost_) && receive_one()) {
      if (!x.is_dump() || !linx::detail::yield_due()) continue;
      is_turn_over = true;
      break;
    }
  }
  if (multiplexer_.has_queued() || multiplexer_.is_awaited() || armed_) keep_going();
  if (x.is_ready()) return progress::ready;
  return is_turn_over ? progress::turn_over : progress::blocked;
}

void connection_state::start(exchange& x) noexcept
{
  if (!is_open()) {
    x.fail(errc::closed);
  } else if (multiplexer_.has_queued() || !multiplexer_.may_send(x) ||
             ((++started_ % yield_stride == 0 || x.count() > 1) && linx::detail::yield_due())) {
    // The turn of this coroutine is over anyway: its request waits for those of the others, to be sent with
    // them.
    multiplexer_.enqueue(x);
    if (!post_flush()) x.fail(error::from_errno(ENOMEM, stage::send));
  } else {
    start_alone(x);
  }
}

void connection_state::start_alone(exchange& x) noexcept
{
  if (!is_open()) return x.fail(errc::closed);
  try {
    multiplexer_.admit(x);
    if (auto sent = transmit(x.request()); !sent) x.fail(std::move(sent).error());
  } catch (const std::bad_alloc&) {
    x.fail(error::from_errno(ENOMEM, stage::send));
  }
}

// Asks that the socket be read until the exchange makes progress, as long as it lives.
class connection_state::attention {
public:
  attention(connection_state& state, exchange& x) noexcept : state_(state), exchange_(x)
  {
    state_.multiplexer_.await(x);
    state_.keep_going();
  }
  attention(const attention&) = delete;
  attention& operator=(const attention&) = delete;
  ~attention()
  {
    state_.multiplexer_.unawait(exchange_);
    if (!state_.multiplexer_.is_awaited()) state_.disarm();
  }

private:
  connection_state& state_;
  exchange& exchange_;
};

// Every wait of this room. It keeps what `operation` promises (core/operation.hpp) about the caller's
// throw_if_cancelled, since `submit` and `request` come here without it.
task<> connection_state::run(exchange& x)
{
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  if (throws) co_await asio::this_coro::throw_if_cancelled(false);
  std::exception_ptr failure;
  try {
    for (bool given_up = false; !given_up;) {
      const progress made = attempt(x);
      if (made == progress::ready) break;
      if (made == progress::turn_over) co_await asio::post(asio::deferred);
      const auto cancel = co_await asio::this_coro::cancellation_state;
      if (linx::detail::is_cancelled(cancel)) break;
      if (made == progress::turn_over) continue;
      linx::detail::waiter waiting(x.waiters);
      const attention held(*this, x);
      if (x.is_ready()) break; // there is no memory to wait with
      co_await waiting.park();
      given_up = waiting.reason() == linx::detail::wake_reason::cancelled;
    }
  } catch (...) {
    failure = std::current_exception();
  }
  if (throws) co_await asio::this_coro::throw_if_cancelled(true);
  if (failure) std::rethrow_exception(std::move(failure));
  if (!x.is_ready()) co_return cancelled(x);
  co_return success();
}

error cancelled(const exchange& x) noexcept
{
  return {errc::cancelled, x.is_sent() ? stage::receive : stage::none};
}

bool connection_state::may_ask_again(const message_builder& request, const exchange& x) const noexcept
{
  // What the kernel itself takes for a read of rtnetlink: the last of each group of four.
  constexpr std::uint16_t kinds = 4, get = 2;
  return is_route_ && request.type() % kinds == get && x.failure() && *x.failure() == errc::truncated &&
         has_room_for(x.missed());
}

// Takes one datagram; false if there is none.
bool connection_state::receive_one() noexcept
{
  if (!socket_) return false;
  sockaddr_nl from{};
  std::size_t length = 0;
  const auto received = socket_->try_receive(buffer_, from, length);
  if (received) {
    multiplexer_.receive(std::span(buffer_).first(received.value()), from.nl_pid);
    return true;
  }
  const error& why = received.error();
  switch (why.errnum()) {
  case EAGAIN:
    if (std::exchange(lost_, false)) {
      multiplexer_.fail_sent(overrun());
    } else {
      multiplexer_.settle(!answers_later_);
    }
    return false;
  case ENOBUFS:
    lost_ = true;
    return true;
  default:
    if (why == errc::truncated) {
      if (from.nl_pid != 0) return true; // not an answer, whatever it was
      multiplexer_.receive_cut(buffer_, length);
      grow_buffer(length);
      return true;
    }
    multiplexer_.fail_sent(why);
    return false;
  }
}

error connection_state::overrun() const noexcept
{
  return linx::detail::with_words(error(errc::overrun, stage::receive), [this] {
    return "a receive buffer of " + std::to_string(window_) + " bytes";
  });
}

void connection_state::grow_buffer(std::size_t length) noexcept
{
  if (length > largest_datagram) return;
  try {
    // Nothing in it is worth a copy.
    std::vector<std::byte> larger(std::min(length + length / 4, largest_datagram));
    buffer_.swap(larger);
  } catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch): whoever asked hears that it was cut
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

void connection_state::send_queued() noexcept
{
  datagram_.clear();
  multiplexer_.collect(coalesce_limit, datagram_);
  if (datagram_.empty()) return;
  try {
    if (const auto sent = transmit(datagram_); !sent) multiplexer_.fail_collected(sent.error());
  } catch (const std::bad_alloc&) {
    multiplexer_.fail_collected(error::from_errno(ENOMEM, stage::send));
  }
}

void connection_state::flush() noexcept
{
  flush_posted_ = false;
  if (closed_) return;
  send_queued();
  pump();
}

void connection_state::pump() noexcept
{
  while (!closed_ && multiplexer_.is_awaited() && !multiplexer_.has_sendable()) {
    if (!receive_one()) break;
    if (linx::detail::yield_due() && post_flush()) return;
  }
  keep_going();
}

void connection_state::keep_going() noexcept
{
  if (closed_ || flush_posted_) return;
  if (multiplexer_.has_sendable()) {
    if (post_flush()) return;
    send_queued(); // in this turn, if there is no memory for one of its own
  }
  if (!multiplexer_.is_awaited()) return disarm();
  if (!arm()) multiplexer_.fail_all(error::from_errno(ENOMEM, stage::receive));
}

bool connection_state::post_flush() noexcept
{
  if (flush_posted_ || closed_) return true;
  flush_posted_ = true;
  try {
    asio::post(get_executor(), [state = self()]() { state->flush(); });
  } catch (const std::bad_alloc&) {
    flush_posted_ = false;
  }
  return flush_posted_;
}

bool connection_state::arm() noexcept
{
  if (armed_ || closed_) return true;
  armed_ = true;
  try {
    socket_->async_wait(io::netlink_socket::wait_read, [state = self()](error_code ec) {
      state->armed_ = false;
      // Aborted: nobody waited any more. Somebody may by now.
      if (ec == asio::error::operation_aborted)
        state->keep_going();
      else
        state->pump();
    });
  } catch (const std::bad_alloc&) {
    armed_ = false;
  }
  return armed_;
}

// A wait that nobody is interested in must not keep the context running.
void connection_state::disarm() noexcept
{
  if (armed_ && socket_) socket_->cancel();
}

void connection_state::begin_close() noexcept
{
  closing_.store(true, std::memory_order_relaxed);
  at_home([state = self()] { state->close(); });
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
