#include "harness/threads.hpp"

#include "harness/namespaces.hpp"
#include "harness/run.hpp"
#include "harness/value.hpp"

#include <linx/core/spawn.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace linx::test {

class threads::state {
public:
  state(kind of, unsigned count)
  {
    if (of == kind::pool) {
      pool.emplace(count);
      return;
    }
    context.emplace();
    work.emplace(context->get_executor());
    for (unsigned n = 0; n < count; ++n) runners.emplace_back([this] { context->run(); });
  }

  executor bare()
  {
    if (pool) return pool->get_executor();
    return context->get_executor();
  }

  void kill()
  {
    if (pool) {
      pool->stop();
      pool->join();
    } else if (context) {
      context->stop();
      for (auto& each : runners) each.join();
      work.reset();
    }
    pool.reset();
    context.reset();
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::size_t running = 0;
  std::vector<std::string> failures;

  std::optional<asio::thread_pool> pool;
  std::optional<asio::io_context> context;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
  std::vector<std::thread> runners;
};

threads::threads(kind of, unsigned count) : state_(std::make_unique<state>(of, count)) {}

threads::~threads()
{
  kill();
}

executor threads::bare() const
{
  return state_->bare();
}

executor threads::strand() const
{
  return asio::make_strand(state_->bare());
}

void threads::start(const executor& ex, task<> op)
{
  auto& s = *state_;
  {
    const std::scoped_lock lock(s.mutex);
    ++s.running;
  }
  linx::spawn(ex, std::move(op), [&s](const result<>& ended) {
    const std::scoped_lock lock(s.mutex);
    if (!ended) s.failures.push_back(why(ended));
    if (--s.running == 0) s.changed.notify_all();
  });
}

void threads::check()
{
  auto& s = *state_;
  std::unique_lock lock(s.mutex);
  const bool all = s.changed.wait_for(lock, watchdog, [&] { return s.running == 0; });
  BOOST_REQUIRE_MESSAGE(all, s.running << " roots have not completed");
  for (const auto& each : s.failures) BOOST_ERROR(each);
  s.failures.clear();
}

void threads::kill()
{
  state_->kill();
}

std::size_t settled_descriptors(std::size_t count)
{
  const auto deadline = std::chrono::steady_clock::now() + watchdog;
  while (open_descriptors() > count && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return open_descriptors();
}

} // namespace linx::test
