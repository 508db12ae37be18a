/// A step that runs to its end although its caller was cancelled.
#pragma once

#include <linx/core/detail/hop.hpp>
#include <linx/core/detail/join.hpp>
#include <linx/core/task.hpp>

#include <utility>

namespace linx {
namespace detail {

template <class T>
task<T> shielded_task(task<T> op)
{
  const executor here = co_await asio::this_coro::executor;
  if (!is_serial(here)) {
    auto body = shielded_task<T>(std::move(op));
    auto elsewhere = serially<T>(here, std::move(body), true);
    co_return co_await std::move(elsewhere);
  }
  task_child<T> only(std::move(op));
  plain_join apart(join::siblings::stop_on_failure);
  apart.add(only);
  co_await apart.wait_shielded();
  apart.rethrow();
  co_return only.take();
}

} // namespace detail

/// Runs a task that the caller's cancellation does not reach, before the start or during it.
///
/// Cancellation: none, on purpose; the caller still remembers the cancel, and its next linx operation reports
/// it. So bound it: `cleanup(op, deadline)` is `shielded(with_timeout(op, deadline))`. The other nesting,
/// `with_timeout(shielded(op), limit)`, waits for ever if the operation does.
/// Errors: those of the task. An exception is rethrown.
struct shielded_fn {
  template <class T>
  task<T> operator()(task<T> op) const
  {
    return detail::shielded_task<T>(std::move(op));
  }
};

inline constexpr shielded_fn shielded;

} // namespace linx
