/// A time limit for a task.
#pragma once

#include <linx/core/detail/hop.hpp>
#include <linx/core/detail/timed_join.hpp>
#include <linx/core/task.hpp>

#include <chrono>
#include <utility>

namespace linx {
namespace detail {

template <class T>
task<T> timed_task(task<T> op, std::chrono::nanoseconds limit)
{
  const executor here = co_await asio::this_coro::executor;
  if (!is_serial(here)) {
    auto body = timed_task<T>(std::move(op), limit);
    auto elsewhere = serially<T>(here, std::move(body));
    co_return co_await std::move(elsewhere);
  }
  task_child<T> only(std::move(op));
  timed_join timed(limit);
  timed.add(only);
  co_await timed.wait();
  timed.rethrow();
  result<T> yielded = only.take();
  if (timed.has_fired() && yielded.has_error() && yielded.assume_error() == errc::cancelled)
    co_return boost::outcome_v2::failure(error(errc::timed_out, yielded.assume_error().where()));
  co_return std::move(yielded);
}

} // namespace detail

/// Cancels a task when it takes longer than the limit, and awaits its end:
///
///     auto waiting = child.wait();
///     LINX_TRY(auto status, co_await linx::with_timeout(std::move(waiting), 5s));
///
/// Yields the task's own result, also when the task completed in spite of the cancel: a value is never thrown
/// away for the time limit. A limit of zero or less still lets a task pass that completes without waiting. It
/// cannot bound a task that does not honour a cancel, such as a `shielded` one.
/// Cancellation: passed on to the task.
/// Errors: `errc::timed_out` if the time was up, the task says `cancelled`, and the caller was not cancelled
/// itself; otherwise those of the task. An exception is rethrown.
struct with_timeout_fn {
  template <class T>
  task<T> operator()(task<T> op, std::chrono::nanoseconds limit) const
  {
    return detail::timed_task<T>(std::move(op), limit);
  }
};

inline constexpr with_timeout_fn with_timeout;

} // namespace linx
