/// The timer behind a `pause_timer_ptr`.
#pragma once

#include <linx/core/detail/pause_timer.hpp>
#include <linx/core/task.hpp>

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <utility>

namespace linx::detail {

class pause_timer {
public:
  explicit pause_timer(const executor& ex) : timer_(ex) {}

  /// Calls the handler with an error if it is cancelled meanwhile.
  template <class Handler>
  void start(std::chrono::nanoseconds length, Handler handler)
  {
    timer_.expires_after(length);
    timer_.async_wait(std::move(handler));
  }

  static void cancel(const pause_timer_ptr& timer) noexcept
  {
    if (timer) timer->timer_.cancel(); // of a timer that never fails
  }

  static pause_timer& made(pause_timer_ptr& timer, const executor& ex)
  {
    if (!timer) timer.reset(new pause_timer(ex));
    return *timer;
  }

private:
  asio::steady_timer timer_;
};

} // namespace linx::detail
