/// Several threads that run one execution context, for tests of what is shared between them.
#pragma once

#include <linx/core/task.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace linx::test {

/// What runs the roots of a test. The threads run until `check` or `kill`, whether or not there is work.
class threads {
public:
  enum class kind { context, pool };

  explicit threads(kind of = kind::context, unsigned count = 4);
  threads(const threads&) = delete;
  threads& operator=(const threads&) = delete;
  /// Kills what still runs.
  ~threads();

  /// Of the io_context or thread_pool itself: each root that is started on it has a strand of its own, and
  /// all objects that are opened with it have one together.
  executor bare() const;
  executor strand() const;

  /// Starts a root. Any thread.
  void start(const executor&, task<> op);
  void start(task<> op) { start(bare(), std::move(op)); }

  /// Waits until all roots have completed, each with success, for no longer than the watchdog; the threads go
  /// on.
  void check();

  /// Ends the threads, whatever they do, and destroys the context; to be called once. Roots that have not
  /// completed are destroyed.
  void kill();

private:
  class state;
  std::unique_ptr<state> state_;
};

/// Waits until this process has no more than `count` descriptors open, for no longer than the watchdog: what
/// is dropped outside of its executor is closed a little later. Yields how many there are.
std::size_t settled_descriptors(std::size_t count);

} // namespace linx::test
