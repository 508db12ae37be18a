/// Tasks that belong together, started one by one.
#pragma once

#include <linx/core/task.hpp>

#include <boost/asio/execution_context.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

namespace linx {

namespace detail {

class group_state;

/// The value is nobody's.
template <class T>
task<> without_value(task<T> op)
{
  const result<T> yielded = co_await std::move(op);
  if (!yielded) co_return yielded.error();
  co_return boost::outcome_v2::success();
}

} // namespace detail

/// Tasks are started into a group at any time, and waited for and cancelled together.
///
///     task_group connections(executor, task_group::on_failure::go_on);
///     for (;;) {
///       auto socket = co_await acceptor.async_accept(as_result);
///       if (!socket) break;
///       connections.spawn(serve(std::move(socket).value()));
///     }
///     connections.cancel();
///     co_await connections.wait();
///
/// Each task is the root of its own chain, as under `linx::spawn`; all run on the executor of the group,
/// interleaved and never in parallel. A task that is to be parallel to others goes into a group of its own,
/// on a strand of its own.
///
/// Lifetime: dropping the group cancels its tasks and waits for none: `co_await wait()` before, where what
/// they refer to does not outlive them. If the context goes first, they are destroyed.
/// Executor: a strand of its own over the executor given, unless that is a strand itself. `spawn`, `cancel`
/// and the destructor from any thread; `wait` hops.
class LINX_API task_group {
public:
  enum class on_failure : std::uint8_t {
    stop,  ///< the first task that fails cancels the others, and none is started any more
    go_on, ///< each is on its own
  };

  explicit task_group(executor ex, on_failure rule = on_failure::stop);
  template <std::derived_from<asio::execution_context> Context>
  explicit task_group(Context& context, on_failure rule = on_failure::stop)
      : task_group(executor(context.get_executor()), rule)
  {}

  task_group(task_group&&) noexcept;
  task_group& operator=(task_group&&) noexcept;
  ~task_group();

  /// Starts a task; it begins after the caller has gone on. A value that it yields is dropped. In a group
  /// that was cancelled it is destroyed unstarted, and counts as one that ended with `errc::cancelled`.
  ///
  /// Lifetime: what it refers to has to outlive the group, or a `wait()` for it.
  template <class T>
  void spawn(task<T> op)
  {
    if constexpr (std::is_void_v<T>)
      start(std::move(op));
    else
      start(detail::without_value<T>(std::move(op)));
  }

  /// Cancels all tasks (total), those to come as well. `wait()` tells when they have ended.
  void cancel();

  /// Completes when the group is empty: at once if it is. Any number of tasks may wait, but none of its own.
  ///
  /// Cancellation: the group goes on.
  /// Errors: the first failure of a task since the group was made, the `errc::cancelled` of one that was
  /// cancelled included; what a task throws is `errc::exception`. `errc::closed` when the group is dropped.
  task<> wait();

  /// Tasks that were started and have not ended, at this moment.
  std::size_t size() const noexcept;

private:
  void start(task<> op);

  std::shared_ptr<detail::group_state> state_;
};

} // namespace linx
