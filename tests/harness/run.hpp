/// Runs a task to its end, from a test that is no coroutine.
#pragma once

#include <linx/core/spawn.hpp>
#include <linx/core/task.hpp>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace linx::test {

/// No test may wait for longer than this: 10 s, or what LINX_TEST_WATCHDOG says where everything is slower.
inline const std::chrono::seconds watchdog([] {
  const char* seconds = std::getenv("LINX_TEST_WATCHDOG");
  return seconds ? std::stol(seconds) : 10;
}());

namespace detail {

/// A failed BOOST_REQUIRE is an exception: it must leave run(), not become an error of the task.
template <class T>
task<T> observed(task<T> op, std::exception_ptr& thrown)
{
  try {
    co_return co_await std::move(op);
  } catch (...) {
    thrown = std::current_exception();
  }
  co_return errc::exception;
}

} // namespace detail

/// Runs the context until the task has completed; what else runs on the context may still be running then.
template <class T>
result<T> run(asio::io_context& context, task<T> op)
{
  std::optional<result<T>> yielded;
  std::exception_ptr thrown;
  linx::spawn(context.get_executor(), detail::observed<T>(std::move(op), thrown),
              [&yielded](result<T> value) { yielded.emplace(std::move(value)); });
  const auto deadline = std::chrono::steady_clock::now() + watchdog;
  context.restart();
  while (!yielded && std::chrono::steady_clock::now() < deadline) {
    if (context.run_one_until(deadline) == 0 && context.stopped() && !yielded)
      throw std::runtime_error("linx::test::run: the context ran out of work and the task has not completed");
  }
  if (thrown) std::rethrow_exception(thrown);
  if (!yielded)
    throw std::runtime_error("linx::test::run: the task has not completed within " +
                             std::to_string(watchdog.count()) + " s");
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
