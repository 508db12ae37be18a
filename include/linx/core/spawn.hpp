/// Starting a task from outside coroutines: callbacks, futures, deferred, detached.
#pragma once

#include <linx/core/detail/root.hpp>
#include <linx/core/task.hpp>

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <concepts>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace linx {
namespace detail {

template <class Token>
inline constexpr bool is_detached = false;
template <>
inline constexpr bool is_detached<asio::detached_t> = true;
template <class Token, class Executor>
inline constexpr bool is_detached<asio::executor_binder<Token, Executor>> = is_detached<Token>;
template <class Token, class Slot>
inline constexpr bool is_detached<asio::cancellation_slot_binder<Token, Slot>> = is_detached<Token>;
template <class Token, class Allocator>
inline constexpr bool is_detached<asio::allocator_binder<Token, Allocator>> = is_detached<Token>;

/// The body of a root. `throw_if_cancelled` stays off for ever: `co_spawn` itself still awaits a post after
/// the body, and a throw there would lose the completion handler.
template <class T>
task<T> root(task<T> op, std::shared_ptr<root_signal> signal)
{
  const root_scope scope(signal.get());
  co_await asio::this_coro::throw_if_cancelled(false);
  if (signal) {
    const asio::enable_total_cancellation all;
    co_await asio::this_coro::reset_cancellation_state(all, all);
    // The reset forgets what was emitted before it: the record in the signal does not.
    if (signal->start()) co_return errc::cancelled;
  }
  co_return co_await std::move(op);
}

/// Turns what `co_spawn` yields into `void(result<T>)`.
template <class T, class Handler, bool Rethrow>
class root_handler {
public:
  using executor_type = asio::associated_executor_t<Handler, executor>;
  using allocator_type = asio::associated_allocator_t<Handler>;
  using cancellation_slot_type = asio::cancellation_slot;

  root_handler(Handler&& handler, const executor& home, std::shared_ptr<root_signal> signal)
      : handler_(std::move(handler)),
        executor_(asio::get_associated_executor(handler_, home)),
        signal_(std::move(signal))
  {}
  root_handler(root_handler&&) noexcept = default;
  root_handler& operator=(root_handler&&) = delete;
  ~root_handler()
  {
    if (signal_) signal_->detach();
  }

  executor_type get_executor() const noexcept { return executor_; }
  allocator_type get_allocator() const noexcept { return asio::get_associated_allocator(handler_); }
  cancellation_slot_type get_cancellation_slot() const noexcept
  {
    return signal_ ? signal_->slot() : asio::cancellation_slot();
  }

  void operator()(const std::exception_ptr& failure, result<T> value) &&
  {
    if (auto signal = std::move(signal_)) {
      signal->detach();
      // The handler may destroy the signal that its slot belongs to.
      asio::get_associated_cancellation_slot(handler_).clear();
    }
    if (failure) {
      if constexpr (Rethrow)
        std::rethrow_exception(failure);
      else
        value = describe(failure);
    }
    std::move(handler_)(std::move(value));
  }

private:
  Handler handler_;
  executor_type executor_;
  std::shared_ptr<root_signal> signal_;
};

template <class T, bool Rethrow>
class initiate_spawn {
public:
  using executor_type = executor;

  explicit initiate_spawn(executor ex) noexcept : executor_(std::move(ex)) {}

  executor_type get_executor() const noexcept { return executor_; }

  template <class Handler>
  void operator()(Handler handler, task<T> op) const
  {
    std::shared_ptr<root_signal> signal;
    if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected()) {
      signal = root_signal::make(executor_);
      slot.template emplace<root_signal::relay>(signal);
    }
    root_handler<T, Handler, Rethrow> completion(std::move(handler), executor_, signal);
    asio::co_spawn(executor_, root<T>(std::move(op), std::move(signal)), std::move(completion));
  }

private:
  executor executor_;
};

} // namespace detail

/// Runs a task as the root of its own chain.
///
/// Parameters: the executor that every step of the task runs on; the task; any completion token for the
/// signature `void(linx::result<T>)`: a callback, `asio::use_future`, `asio::deferred`, `asio::detached`.
/// Lifetimes: the task and the handler are kept until the completion. If the io_context is destroyed before
/// that, both are destroyed uncalled. Cancellation: through the token's slot
/// (`asio::bind_cancellation_slot`), before the start as well; terminal, partial and total mean the same. The
/// handler gets the value, the error, or `errc::cancelled`; a value is never thrown away for a cancel. The
/// slot is cleared before the handler is called. Errors: those of the task; an exception of the task is
/// `errc::exception` with its text. With `detached`, where nobody would hear of it, the exception leaves
/// `io_context::run()`. Out of memory in Asio's own hops: `run()` throws `std::bad_alloc` and the handler is
/// destroyed uncalled. Concurrency: may be called on any thread, and a cancel may be emitted on any thread
/// while the task runs; an emission that races with the completion is a data race in the signal.
template <class T, class Token>
auto spawn(executor ex, task<T> op, Token&& token)
{
  using initiation = detail::initiate_spawn<T, detail::is_detached<std::decay_t<Token>>>;
  return asio::async_initiate<Token, void(result<T>)>(initiation(std::move(ex)), token, std::move(op));
}

template <std::derived_from<asio::execution_context> Context, class T, class Token>
auto spawn(Context& context, task<T> op, Token&& token)
{
  return linx::spawn(executor(context.get_executor()), std::move(op), std::forward<Token>(token));
}

} // namespace linx
