/// One child and a deadline.
#pragma once

#include <linx/core/detail/join.hpp>

#include <chrono>

namespace linx::detail {

/// Cancels its child when the time is up. The timer is a callback and no second child: a coroutine around it
/// would double the cost.
class LINX_API timed_join final : public join {
public:
  explicit timed_join(std::chrono::nanoseconds limit) noexcept
      : join(siblings::stop_on_failure), limit_(limit)
  {}

  /// After the wait: the time was up first, and nobody else had asked the child to stop.
  bool has_fired() const noexcept { return fired_ && !is_cancelled_by_parent(); }

private:
  void on_launched() override;
  void on_over() noexcept override;

  std::chrono::nanoseconds limit_;
  pause_timer_ptr timer_;
  bool fired_ = false;
};

} // namespace linx::detail
