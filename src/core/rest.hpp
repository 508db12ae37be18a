/// Doing nothing for a while.
#pragma once

#include "core/waiter.hpp"

#include <linx/core/task.hpp>
#include <linx/core/with_timeout.hpp>

#include <algorithm>
#include <chrono>

namespace linx::detail {

/// A pause that whoever waits for something else can end, and the end of the context does. A member of a
/// state; `drop` belongs into its `shutdown()`.
class rest {
public:
  /// Completes after the length, or when it is woken.
  task<> for_a(std::chrono::milliseconds length)
  {
    auto waiting = until_woken();
    auto limited = with_timeout(std::move(waiting), length);
    const auto rested = co_await std::move(limited);
    if (!rested && !(rested.error() == errc::timed_out)) co_return rested.error();
    co_return success();
  }

  void wake() noexcept { resting_.wake_all(); }
  void drop() noexcept { resting_.drop(); }

private:
  task<> until_woken()
  {
    waiter waiting(resting_);
    co_await waiting.park();
    if (waiting.reason() == wake_reason::cancelled) co_return errc::cancelled;
    co_return success();
  }

  wait_list resting_;
};

/// Pauses that double.
class backoff {
public:
  backoff(std::chrono::milliseconds first, std::chrono::milliseconds longest) noexcept
      : first_(first), longest_(longest), next_(first)
  {}

  std::chrono::milliseconds next() noexcept
  {
    const auto length = next_;
    next_ = std::min(2 * next_, longest_);
    return length;
  }
  void reset() noexcept { next_ = first_; }

private:
  std::chrono::milliseconds first_;
  std::chrono::milliseconds longest_;
  std::chrono::milliseconds next_;
};

} // namespace linx::detail
