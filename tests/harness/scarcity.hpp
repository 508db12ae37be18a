/// Tries a scenario with each of its allocations failing, one by one. Include it in one file of a test
/// program: see allocations.hpp.
#pragma once

#include "harness/allocations.hpp"
#include "harness/run.hpp"

#include <linx/core/spawn.hpp>

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace linx::test {

/// How the roots of a scenario ended.
struct tally {
  unsigned values = 0;
  unsigned errors = 0;
  unsigned destroyed = 0; ///< the handler, uncalled: what was to call it got no memory
  std::string strange;    ///< an error that is not for want of memory
  unsigned all() const noexcept { return values + errors + destroyed; }
};

/// The handler of a root.
class witness {
public:
  explicit witness(tally& seen) noexcept : seen_(&seen) {}
  witness(witness&& other) noexcept : seen_(std::exchange(other.seen_, nullptr)) {}
  ~witness()
  {
    if (seen_) ++seen_->destroyed;
  }
  void operator()(const result<>& ended)
  {
    auto& seen = *std::exchange(seen_, nullptr);
    ended ? ++seen.values : ++seen.errors;
    if (!ended && ended.error().errnum() != ENOMEM && !(ended.error() == errc::exception))
      seen.strange = ended.error().message();
  }

private:
  tally* seen_;
};

class scenario {
public:
  using roots = std::vector<task<>>;

  /// Makes, in a context of its own, what several roots share, and the roots.
  std::function<roots(asio::io_context&)> begin;
  /// Looks, once they have ended, whether all is well again; and lets go of what they shared.
  std::function<void(asio::io_context&)> end;

  /// One root, that whose allocation failed, may end with an error, and no other; nobody hangs.
  ///
  /// LINX_ALLOCATION=N begins with the N-th, to look at one.
  void with_every_allocation_failing(std::size_t most = 3000) const
  {
    const char* const from = std::getenv("LINX_ALLOCATION");
    std::size_t n = from ? std::stoul(from) : 1;
    while (n < most && is_survived(n)) ++n;
    BOOST_TEST_MESSAGE(n - 1 << " allocations");
    BOOST_TEST(n > 20u);
    BOOST_TEST(n < most);
  }

private:
  /// False once n is beyond the last.
  bool is_survived(std::size_t n) const
  {
    tally seen;
    asio::io_context context(1);
    auto all = begin(context);
    const auto busy = static_cast<unsigned>(all.size());
    for (auto& root : all) linx::spawn(context.get_executor(), std::move(root), witness(seen));

    allocations::fail(n);
    const auto deadline = std::chrono::steady_clock::now() + watchdog;
    while (seen.all() < busy && std::chrono::steady_clock::now() < deadline) {
      try {
        if (context.stopped()) context.restart();
        context.run_one_for(std::chrono::milliseconds(10));
      } catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch)
        // Of Asio's own, where it begins an operation of a task or ends a branch (docs/core.md).
      }
    }
    const bool beyond = allocations::is_failure_pending();
    allocations::fail(0);
    BOOST_TEST_CONTEXT("allocation " << n)
    {
      BOOST_REQUIRE(seen.all() == busy);
      BOOST_TEST(seen.strange == "");
      BOOST_TEST(seen.errors + seen.destroyed <= 1u);
      if (beyond) BOOST_TEST(seen.values == busy);
      end(context);
    }
    return !beyond;
  }
};

} // namespace linx::test
