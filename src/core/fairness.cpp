#include "core/fairness.hpp"

#include <chrono>

namespace linx::detail {
namespace {

using clock = std::chrono::steady_clock;

constexpr unsigned most_completions = 64;
constexpr std::chrono::microseconds longest_turn(200);

struct turn {
  unsigned completions = 0;
  clock::time_point since;
};

// Behind a function that is never inlined: a coroutine may resume on another thread, and a compiler that had
// inlined this would still hold the address of the first thread's copy.
thread_local turn current;

} // namespace

[[gnu::noinline]] bool yield_due() noexcept
{
  const auto now = clock::now();
  if (++current.completions == 1) {
    current.since = now;
    return false;
  }
  if (current.completions < most_completions && now - current.since <= longest_turn) return false;
  current.completions = 0;
  return true;
}

[[gnu::noinline]] void turn_over() noexcept
{
  current.completions = 0;
}

} // namespace linx::detail
