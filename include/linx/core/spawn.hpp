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
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/system_executor.hpp>

#include <concepts>
#include <exception>
#include <memory>
#include <optional>
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

/// Whether a handler brings an executor of its own; if not, it is called where the root runs.
template <class Handler>
inline constexpr bool has_executor =
    !(std::is_same_v<asio::associated_executor_t<Handler, executor>, executor> &&
      std::is_same_v<asio::associated_executor_t<Handler, asio::system_executor>, asio::system_executor>);

/// A result on its way to its handler.
template <class T, class Handler>
class root_delivery {
public:
  using allocator_type = asio::associated_allocator_t<Handler>;

  root_delivery(Handler&& handler, result<T>&& value, root_cancellation&& cancellation)
      : handler_(std::move(handler)), value_(std::move(value)), cancellation_(std::move(cancellation))
  {}

  allocator_type get_allocator() const noexcept { return asio::get_associated_allocator(handler_); }

  void operator()()
  {
    // The handler may destroy the signal that its slot belongs to.
    if (cancellation_) asio::get_associated_cancellation_slot(handler_).clear();
    std::move(handler_)(std::move(value_));
  }

private:
  Handler handler_;
  result<T> value_;
  root_cancellation cancellation_;
};

template <class T, class Handler, bool Rethrow>
class root_of final : public root {
  using handler_executor = asio::associated_executor_t<Handler, executor>;

public:
  root_of(const executor& given, Handler&& handler, task<T>&& op)
      : root(given),
        handler_(std::move(handler)),
        work_(asio::get_associated_executor(handler_, get_executor())),
        op_(std::move(op))
  {
    if (auto slot = asio::get_associated_cancellation_slot(handler_); slot.is_connected())
      slot.template emplace<root_relay>(cancellation_.connect(get_executor()));
  }

private:
  asio::awaitable<void> body() override
  {
    result<T> yielded = co_await std::move(op_);
    value_.emplace(std::move(yielded));
  }

  void complete(std::unique_ptr<root> self, std::exception_ptr failure) override
  {
    std::optional<result<T>> value;
    if (failure) {
      error described = describe(failure);
      if constexpr (Rethrow) {
        if (described == errc::exception) std::rethrow_exception(std::move(failure));
      }
      value.emplace(std::move(described));
    } else if (value_) {
      value.emplace(std::move(*value_));
    } else {
      value.emplace(errc::cancelled);
    }
    auto work = std::move(work_);
    root_delivery<T, Handler> delivery(std::move(handler_), std::move(*value), std::move(cancellation_));
    self.reset(); // its memory is free for what the handler starts
    if constexpr (has_executor<Handler>)
      asio::dispatch(work.get_executor(), std::move(delivery));
    else
      delivery();
  }

  Handler handler_;
  asio::executor_work_guard<handler_executor> work_; // the handler's context stays until it is called
  task<T> op_;
  std::optional<result<T>> value_;
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
    root::start(std::make_unique<root_of<T, Handler, Rethrow>>(executor_, std::move(handler), std::move(op)));
  }

private:
  executor executor_;
};

} // namespace detail

/// Runs a task as the root of its own chain.
///
/// Parameters: the executor that every step of the task runs on; the task; any completion token for the
/// signature `void(linx::result<T>)`: a callback, `asio::use_future`, `asio::deferred`, `asio::detached`.
/// Inside a task `co_await linx::spawn(there, op, linx::as_result)` runs a task on another executor and
/// yields its result here.
///
/// Executor: that of the task is serial always. A strand is used as it is, and so is an `io_context(1)`,
/// whose concurrency hint promises one thread. Any other io_context, a thread_pool and their executors, which
/// several threads may run, get a strand for each root; so does any executor that linx does not know. Two
/// roots on such a context may run in parallel, two steps of one root never. The handler is called on its
/// associated executor, by default on the root's. May be called on any thread.
///
/// Lifetime: the task and the handler are kept until the completion. If the io_context is destroyed before
/// that, both are destroyed uncalled, and so is a task that awaits it.
///
/// Cancellation: through the token's slot (`asio::bind_cancellation_slot`), before the start as well;
/// terminal, partial and total mean the same. It is repeated until the task has ended, so an operation of
/// Asio's that the task starts after it is cancelled too. The handler gets the value, the error, or
/// `errc::cancelled`; a value is never thrown away for a cancel. The slot is cleared before the handler is
/// called. A cancel may be emitted on any thread while the task runs; an emission that races with the
/// completion is a data race in the signal.
///
/// Errors: those of the task. An exception is `errc::exception` with its text, and an operation of Asio's
/// that threw because it was aborted is `errc::cancelled`. With `detached`, where nobody would hear of it, an
/// exception leaves `io_context::run()`. Out of memory in Asio's own hops: `run()` throws `std::bad_alloc`
/// and the handler is destroyed uncalled.
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
