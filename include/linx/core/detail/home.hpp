/// Executors that run one thing at a time.
#pragma once

#include <linx/core/task.hpp>

#include <memory>

namespace linx::detail {

class state_registry;

/// Whether linx knows that this executor never runs two functions at once: a strand of an io_context, of a
/// thread_pool or of an any_io_executor, or that of an `io_context(1)`, whose concurrency hint promises one
/// thread.
LINX_API bool is_serial(const executor&) noexcept;

/// The executor itself if it is serial. Of a bare io_context or thread_pool, which may be run by several
/// threads, the strand that linx keeps for that context; of any other, a new strand over it.
LINX_API executor serial(executor);

/// Where a root runs: the executor given if that is serial, else a strand that no other root has.
///
/// On a bare context the first root gets the strand that `serial` gives to objects, for as long as it runs:
/// a program with one root, the commonest, then uses its objects without changing executors. Further roots
/// get strands of their own.
class LINX_API root_home {
public:
  explicit root_home(const executor& given);
  root_home(const root_home&) = delete;
  root_home& operator=(const root_home&) = delete;
  ~root_home();

  const executor& get_executor() const noexcept { return executor_; }

private:
  executor executor_;
  std::shared_ptr<state_registry> lender_; // of the context's strand
};

} // namespace linx::detail
