/// Runs a task to its end, from a test that is no coroutine.
#pragma once

#include <linx/core/task.hpp>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <optional>
#include <utility>

namespace linx::test {

/// No test may wait for longer than this: 60 s, or what LINX_TEST_WATCHDOG says where everything is slower.
extern const std::chrono::seconds watchdog;

namespace runner {

/// Runs the context until the task has completed. What the task throws is thrown here: a failed BOOST_REQUIRE
/// is an exception.
void run_to_its_end(asio::io_context& context, task<> op);

/// One kind of task for every T: starting a root costs the compiler most of what a short test costs it.
template <class T>
task<> stored(task<T> op, std::optional<result<T>>& yielded)
{
  auto value = co_await std::move(op);
  yielded.emplace(std::move(value));
  co_return success();
}

} // namespace runner

/// Runs the context until the task has completed; what else runs on the context may still be running then.
template <class T>
result<T> run(asio::io_context& context, task<T> op)
{
  std::optional<result<T>> yielded;
  runner::run_to_its_end(context, runner::stored<T>(std::move(op), yielded));
  return std::move(*yielded);
}

/// The same on a context of its own.
template <class T>
result<T> run(task<T> op)
{
  asio::io_context context(1);
  return run(context, std::move(op));
}

} // namespace linx::test
