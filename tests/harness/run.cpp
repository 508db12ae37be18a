#include "harness/run.hpp"

#include <linx/core/spawn.hpp>

#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>

namespace linx::test {

const std::chrono::seconds watchdog([] {
  const char* seconds = std::getenv("LINX_TEST_WATCHDOG");
  return seconds ? std::stol(seconds) : 60;
}());

namespace runner {
namespace {

/// A failed BOOST_REQUIRE must leave run(), not become an error of the task.
task<> observed(task<> op, std::exception_ptr& thrown)
{
  try {
    co_return co_await std::move(op);
  } catch (...) {
    thrown = std::current_exception();
  }
  co_return errc::exception;
}

} // namespace

void run_to_its_end(asio::io_context& context, task<> op)
{
  bool completed = false;
  std::exception_ptr thrown;
  linx::spawn(context.get_executor(), observed(std::move(op), thrown),
              [&completed](result<>) { completed = true; });
  const auto deadline = std::chrono::steady_clock::now() + watchdog;
  context.restart();
  while (!completed && std::chrono::steady_clock::now() < deadline) {
    if (context.run_one_until(deadline) == 0 && context.stopped() && !completed)
      throw std::runtime_error("linx::test::run: the context ran out of work and the task has not completed");
  }
  if (thrown) std::rethrow_exception(thrown);
  if (!completed)
    throw std::runtime_error("linx::test::run: the task has not completed within " +
                             std::to_string(watchdog.count()) + " s");
}

} // namespace runner
} // namespace linx::test
