/// Cancelling many tasks from one place.
#pragma once

#include <linx/core/detail/kept.hpp>

#include <memory>
#include <utility>

namespace linx {
namespace detail {

class cancel_source;

LINX_API bool is_cancelled(const cancel_source&) noexcept;

/// Runs a task under a source. Fails if it was not started.
LINX_API task<> run_under(std::shared_ptr<cancel_source> source, task<> op);

template <class T>
task<T> bound(std::shared_ptr<cancel_source> source, task<T> op)
{
  if (!source) co_return co_await std::move(op);
  const auto outcome = std::make_shared<kept_outcome<T>>();
  auto run = run_under(std::move(source), kept<T>(std::move(op), outcome));
  auto ended = co_await std::move(run);
  co_return outcome->take(std::move(ended));
}

} // namespace detail

/// The side of a `cancellation` that is cancelled: it can be asked, and tasks can be put under it.
///
/// One that belongs to no source, as a default-constructed one, is never cancelled.
///
/// Executor: any thread; copies are the same token.
class LINX_API cancel_token {
public:
  cancel_token() noexcept = default;

  bool is_cancelled() const noexcept { return source_ && detail::is_cancelled(*source_); }

  /// As `cancellation::bind`.
  template <class T>
  task<T> bind(task<T> op) const
  {
    return detail::bound<T>(source_, std::move(op));
  }

private:
  friend class cancellation;
  explicit cancel_token(std::shared_ptr<detail::cancel_source> source) noexcept : source_(std::move(source))
  {}

  std::shared_ptr<detail::cancel_source> source_;
};

/// A source of cancels as a value: whatever has been put under it is cancelled by one call, from any thread.
///
///     cancellation stop;                                         // who decides has this
///     auto job = stop.bind(serve(std::move(connection)));        // who works has that
///     linx::spawn(executor, std::move(job), asio::detached);
///     ...
///     stop.cancel();
///
/// A source is cancelled once and for all; for the next round make another one.
///
/// Lifetime: copies are the same source. Dropping the last one cancels nothing: `task_group` is for that.
/// Executor: all members from any thread, at the same time as well.
class LINX_API cancellation {
public:
  cancellation();

  /// Cancels all tasks under this source, and those that are put under it from now on. It does not wait for
  /// their ends: each hears of it on its own executor.
  ///
  /// Errors: throws `std::bad_alloc` if some could not be told for want of memory; all others were. Call it
  /// again then.
  void cancel() const;

  bool is_cancelled() const noexcept { return detail::is_cancelled(*source_); }

  cancel_token token() const noexcept { return cancel_token(source_); }

  /// The same task under this source as well as under its caller: a cancel of either one reaches it.
  ///
  /// Executor: it runs on the caller's, which is serial, as under `linx::spawn`.
  /// Cancellation: total, whoever cancels. Yields the task's own result; a value is never thrown away for a
  /// cancel. After `cancel()` it completes with `errc::cancelled` at once, and the task is destroyed
  /// unstarted.
  /// Errors: those of the task. An exception is rethrown.
  template <class T>
  task<T> bind(task<T> op) const
  {
    return detail::bound<T>(source_, std::move(op));
  }

private:
  std::shared_ptr<detail::cancel_source> source_;
};

} // namespace linx
