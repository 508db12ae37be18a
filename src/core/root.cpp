#include <linx/core/detail/root.hpp>

#include "core/echo.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/recycling_allocator.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <atomic>
#include <utility>

namespace linx::detail {

/// Shared and not owned by either: a cancel emitted from another thread is still on its way to the executor
/// when the root completes (asio issue 1332).
class root_signal : public std::enable_shared_from_this<root_signal> {
public:
  explicit root_signal(executor ex) noexcept : executor_(std::move(ex)) {}

  asio::cancellation_slot slot() noexcept { return signal_.slot(); }

  /// True if a cancel came before the root's body ran: that one was recorded, not emitted.
  bool start() noexcept
  {
    started_ = true;
    return cancelled_.load(std::memory_order_relaxed);
  }

  /// From here on a cancel finds nothing to stop. On the executor of the root, as `start`: a cancel that was
  /// emitted elsewhere may be on its way here while the handler already runs on an executor of its own.
  void finish() noexcept
  {
    finished_ = true;
    pause_timer::cancel(pause_);
  }

  /// Gives up the executor, which must not outlive its context.
  void detach() noexcept
  {
    signal_.slot().clear(); // there co_spawn keeps an executor of its own
    executor_ = executor();
    pause_.reset();
  }

  void request(asio::cancellation_type type)
  {
    // Asio's states overwrite what they recorded with each emission, so `none` would erase a cancel.
    if (type == asio::cancellation_type::none || !executor_) return;
    cancelled_.store(true, std::memory_order_relaxed);
    asio::dispatch(executor_, [self = shared_from_this(), type] { self->emit(type); });
  }

private:
  void emit(asio::cancellation_type type)
  {
    if (!started_ || finished_) return;
    signal_.emit(type);
    if (finished_ || !executor_ || std::exchange(echoing_, true)) return;
    auto again = [self = shared_from_this(), type] {
      if (!self->finished_) self->signal_.emit(type);
      return !self->finished_ && self->executor_;
    };
    echo(executor_, pause_, std::move(again)).next();
  }

  asio::cancellation_signal signal_;
  executor executor_;
  pause_timer_ptr pause_; // of the echo
  std::atomic<bool> cancelled_ = false;
  bool echoing_ = false;
  bool started_ = false;
  bool finished_ = false;
};

root_relay::root_relay(std::shared_ptr<root_signal> root) noexcept : root_(std::move(root)) {}
root_relay::root_relay(root_relay&&) noexcept = default;
root_relay::~root_relay() = default;

void root_relay::operator()(asio::cancellation_type type) const
{
  root_->request(type);
}

root_cancellation::root_cancellation(root_cancellation&&) noexcept = default;

root_cancellation::~root_cancellation()
{
  if (signal_) signal_->detach();
}

root_relay root_cancellation::connect(const executor& home)
{
  signal_ = std::allocate_shared<root_signal>(asio::recycling_allocator<root_signal>(), home);
  return root_relay(signal_);
}

asio::cancellation_slot root_cancellation::slot() const noexcept
{
  return signal_ ? signal_->slot() : asio::cancellation_slot();
}

bool root_cancellation::start() const noexcept
{
  return signal_->start();
}

void root_cancellation::finish() const noexcept
{
  if (signal_) signal_->finish();
}

/// The handler that `co_spawn` gets. It has no executor of its own: it is called, and cancels are emitted, on
/// the root's.
class root::end {
public:
  using cancellation_slot_type = asio::cancellation_slot;

  explicit end(std::unique_ptr<root> self) noexcept : self_(std::move(self)) {}

  cancellation_slot_type get_cancellation_slot() const noexcept { return self_->cancellation_.slot(); }

  void operator()(std::exception_ptr failure)
  {
    auto& self = *self_;
    self.complete(std::move(self_), std::move(failure));
  }

private:
  std::unique_ptr<root> self_;
};

root::~root() = default;

void root::start(std::unique_ptr<root> self)
{
  const executor home = self->get_executor();
  // Both frames here and now: the caller hears of it if there is no memory for them.
  auto running = run(self.get(), self->body());
  asio::co_spawn(home, std::move(running), end(std::move(self)));
}

/// `throw_if_cancelled` stays off for ever: `co_spawn` itself still awaits a post after the body, and a throw
/// there would lose the completion handler.
asio::awaitable<void> root::run(root* self, asio::awaitable<void> body)
{
  // However the body is left.
  class scope {
  public:
    explicit scope(const root_cancellation& cancellation) noexcept : cancellation_(cancellation) {}
    scope(const scope&) = delete;
    scope& operator=(const scope&) = delete;
    ~scope() { cancellation_.finish(); }

  private:
    const root_cancellation& cancellation_;
  };
  const scope running(self->cancellation_);
  co_await asio::this_coro::throw_if_cancelled(false);
  if (self->cancellation_) {
    const asio::enable_total_cancellation all;
    co_await asio::this_coro::reset_cancellation_state(all, all);
    // The reset forgets what was emitted before it: the record in the signal does not.
    if (self->cancellation_.start()) co_return;
  }
  co_await std::move(body);
}

error describe(const std::exception_ptr& failure) noexcept
{
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& e) {
    const auto* asio_error = dynamic_cast<const boost::system::system_error*>(&e);
    if (asio_error && asio_error->code() == asio::error::operation_aborted) return errc::cancelled;
    try {
      return error(errc::exception).with_object(e.what());
    } catch (...) {
      return errc::exception;
    }
  } catch (...) {
    return errc::exception;
  }
}

} // namespace linx::detail
