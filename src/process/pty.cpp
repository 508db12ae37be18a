#include <linx/process/pty.hpp>

#include "core/fairness.hpp"
#include "core/operation.hpp"
#include "process/terminal.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include <string>
#include <utility>

namespace linx {

namespace {

using detail::terminal;

using user_ptr = std::shared_ptr<detail::terminal_user>;

/// The seat of the one reader, or of the one writer.
class seat {
public:
  seat(terminal& tty, bool& taken, terminal::wait_type what) noexcept : tty_(tty), taken_(taken), what_(what)
  {
    taken_ = true;
  }
  seat(const seat&) = delete;
  seat& operator=(const seat&) = delete;
  ~seat()
  {
    taken_ = false;
    tty_.rest(what_);
    if (what_ == io::descriptor::wait_write) tty_.waiters.wake_all(); // the next writer
  }

private:
  terminal& tty_;
  bool& taken_;
  terminal::wait_type what_;
};

task<std::size_t> read_terminal(user_ptr user, asio::mutable_buffer room)
{
  terminal& tty = *user->tty;
  if (room.size() == 0) co_return error::argument("read_some into an empty buffer");
  if (user->is_closed()) co_return errc::closed;
  if (tty.reading)
    co_return error(errc::not_ready, stage::argument)
        .with_object("read_some; somebody else reads the terminal");
  const seat reading(tty, tty.reading, io::descriptor::wait_read);
  for (bool cancelled = false;;) {
    if (auto got = tty.try_read(room)) {
      if (detail::yield_due()) co_await asio::post(asio::deferred);
      co_return std::move(*got);
    }
    const auto cancel = co_await asio::this_coro::cancellation_state;
    if (cancelled || detail::is_cancelled(cancel)) co_return errc::cancelled;
    tty.listen(io::descriptor::wait_read);
    detail::waiter waiting(tty.waiters);
    co_await waiting.park();
    if (user->is_closed()) co_return errc::closed;
    cancelled = waiting.reason() == detail::wake_reason::cancelled;
  }
}

error stopped(error why, std::size_t left, std::size_t all)
{
  return std::move(why)
      .with_stage(stage::send)
      .with_object("terminal; " + std::to_string(all - left) + " of " + std::to_string(all) +
                   " bytes were written");
}

task<> write_terminal(user_ptr user, asio::const_buffer data)
{
  terminal& tty = *user->tty;
  const std::size_t all = data.size();
  while (tty.writing) {
    const auto cancel = co_await asio::this_coro::cancellation_state;
    if (detail::is_cancelled(cancel)) co_return stopped(errc::cancelled, all, all);
    detail::waiter waiting(tty.waiters);
    co_await waiting.park();
    if (user->is_closed()) co_return stopped(errc::closed, all, all);
    if (waiting.reason() == detail::wake_reason::cancelled) co_return stopped(errc::cancelled, all, all);
  }
  if (user->is_closed()) co_return stopped(errc::closed, all, all);
  const seat writing(tty, tty.writing, io::descriptor::wait_write);
  for (bool cancelled = false; data.size() != 0;) {
    if (tty.has_ended()) co_return stopped(errc::no_process, data.size(), all);
    if (auto took = tty.try_write(data)) {
      if (took->has_error()) co_return stopped(std::move(*took).error(), data.size(), all);
      data += took->assume_value();
      if (detail::yield_due()) co_await asio::post(asio::deferred);
      if (data.size() == 0) break;
    } else {
      tty.listen(io::descriptor::wait_write);
      detail::waiter waiting(tty.waiters);
      co_await waiting.park();
      cancelled = waiting.reason() == detail::wake_reason::cancelled;
    }
    if (user->is_closed()) co_return stopped(errc::closed, data.size(), all);
    const auto cancel = co_await asio::this_coro::cancellation_state;
    if (cancelled || detail::is_cancelled(cancel)) co_return stopped(errc::cancelled, data.size(), all);
  }
  co_return success();
}

} // namespace

pty::pty(std::shared_ptr<detail::terminal> terminal)
    : user_(std::make_shared<detail::terminal_user>(std::move(terminal)))
{}
pty::pty(pty&&) noexcept = default;

pty& pty::operator=(pty&& other) noexcept
{
  pty former(std::move(*this));
  user_ = std::move(other.user_);
  return *this;
}

pty::~pty()
{
  if (!user_) return;
  user_->tty->at_home([user = user_] {
    user->dropped = true;
    user->tty->waiters.wake_all();
  });
}

task<std::size_t> pty::read_some(asio::mutable_buffer room)
{
  return detail::operation<std::size_t>(user_->tty, read_terminal(user_, room));
}

task<> pty::write(asio::const_buffer data)
{
  return detail::operation<void>(user_->tty, write_terminal(user_, data));
}

std::uint64_t pty::written() const noexcept
{
  return user_->tty->written();
}

result<> pty::resize(io::window_size size)
{
  return user_->tty->resize(size);
}

result<io::window_size> pty::window_size() const
{
  return user_->tty->size();
}

void pty::close() noexcept
{
  user_->tty->close();
}

} // namespace linx
