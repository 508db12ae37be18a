#include "process/terminal.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>

#include <cerrno>
#include <unistd.h>
#include <utility>

namespace linx::detail {

namespace {

// How long a grandchild that still has the slave may be silent after the child's death.
constexpr auto linger = std::chrono::milliseconds(200);

} // namespace

terminal::terminal(executor home, io::pty_master master)
    : context_state(std::move(home)), master_(std::move(master))
{}

result<terminal::pair> terminal::open(const executor& home, io::window_size size)
{
  BOOST_OUTCOME_TRY(auto master, io::pty_master::open(home));
  BOOST_OUTCOME_TRYV(master.resize(size));
  BOOST_OUTCOME_TRY(auto slave, master.open_slave());
  pair both{make_state<terminal>(home, std::move(master)), std::move(slave)};
  if (both.master->is_shut_down()) return errc::closed;
  return both;
}

void terminal::shutdown() noexcept
{
  timer_.reset();
  master_.close();
  waiters.drop();
}

terminal::interest& terminal::interest_in(wait_type what) noexcept
{
  return what == io::descriptor::wait_read ? to_read_ : to_write_;
}

bool terminal::lingers() const noexcept
{
  return !ended_at_ || std::chrono::steady_clock::now() < *ended_at_ + linger;
}

std::optional<result<std::size_t>> terminal::try_read(asio::mutable_buffer room)
{
  auto n = ::read(master_.native_handle(), room.data(), room.size());
  // A master without a slave reads EIO, once its buffer is empty. n_tty_read() (drivers/tty/n_tty.c) first
  // flushes what is under way and then looks whether the slave is closed: what was written between the two
  // comes by another read.
  if (n < 0 && errno == EIO) n = ::read(master_.native_handle(), room.data(), room.size());
  if (n >= 0) return static_cast<std::size_t>(n);
  if (errno == EIO) return std::size_t{0};
  if (errno != EAGAIN) return error::from_errno(errno, stage::receive).with_object("terminal");
  // n_tty_read() flushes what is under way before it says EAGAIN: all of a dead child's output has come.
  if (!lingers()) return std::size_t{0};
  return std::nullopt;
}

std::optional<result<std::size_t>> terminal::try_write(asio::const_buffer data)
{
  const auto n = ::write(master_.native_handle(), data.data(), data.size());
  if (n > 0) {
    written_ += static_cast<std::uint64_t>(n);
    return static_cast<std::size_t>(n);
  }
  if (n == 0 || errno == EAGAIN) return std::nullopt;
  return error::from_errno(errno, stage::send);
}

void terminal::listen(wait_type what)
{
  if (what == io::descriptor::wait_read && ended_at_) {
    timer_.emplace(get_executor());
    timer_->expires_at(*ended_at_ + linger);
    timer_->async_wait([self = std::static_pointer_cast<terminal>(shared_from_this())](error_code failed) {
      if (!failed) self->waiters.wake_all();
    });
  }
  interest& mine = interest_in(what);
  if (mine.armed) return;
  auto self = std::static_pointer_cast<terminal>(shared_from_this());
  auto woken = [self, what](error_code) {
    self->interest_in(what).armed = false;
    self->waiters.wake_all();
  };
  master_.async_wait(what, asio::bind_cancellation_slot(mine.stop.slot(), std::move(woken)));
  mine.armed = true; // only now: it may have thrown
}

void terminal::rest(wait_type what) noexcept
{
  if (is_shut_down()) return;
  if (what == io::descriptor::wait_read) timer_.reset();
  interest& mine = interest_in(what);
  if (mine.armed && !closed_) mine.stop.emit(asio::cancellation_type::total);
}

void terminal::child_ended()
{
  ended_at_ = std::chrono::steady_clock::now();
  waiters.wake_all();
}

void terminal::close() noexcept
{
  closed_ = true;
  master_.close();
  waiters.wake_all();
}

result<> terminal::resize(io::window_size size)
{
  if (closed_ || is_shut_down()) return errc::closed;
  if (has_ended()) return error(errc::no_process, stage::argument).with_object("resize of a terminal");
  return master_.resize(size);
}

result<io::window_size> terminal::size() const
{
  if (closed_ || is_shut_down()) return errc::closed;
  return master_.size();
}

} // namespace linx::detail
