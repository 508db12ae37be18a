/// The one way to undo something after a cancel.
#pragma once

#include <linx/core/shielded.hpp>
#include <linx/core/with_timeout.hpp>

#include <chrono>
#include <utility>

namespace linx {

/// Runs a task in spite of a cancel of the caller, but not for longer than the deadline:
///
///     auto removal = connection.submit(std::move(remove_link));
///     auto removed = co_await linx::cleanup(std::move(removal), 1s);
///
/// An operation that is started after a cancel completes with `errc::cancelled` at once, and a cleanup that
/// is awaited plainly is such an operation. This is `shielded(with_timeout(op, deadline))`.
/// Cancellation: none.
/// Errors: `errc::timed_out` after the deadline, otherwise those of the task.
struct cleanup_fn {
  template <class T>
  task<T> operator()(task<T> op, std::chrono::nanoseconds deadline) const
  {
    auto timed = with_timeout(std::move(op), deadline);
    return shielded(std::move(timed));
  }
};

inline constexpr cleanup_fn cleanup;

} // namespace linx
