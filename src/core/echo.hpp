/// A cancel that is repeated until there is nothing left to cancel.
#pragma once

#include "core/pause_timer.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

namespace linx::detail {

/// An emission reaches the operation that a coroutine waits for at that moment. One whose completion is
/// queued already ignores it, and Asio does not tell the coroutine: its next operation would wait as if
/// nothing had been said. So the emission is repeated, in the next turns of the executor and then with pauses
/// that double from 1 ms to 256 ms.
///
/// `Emit` is called on the executor. It emits, keeps alive what it touches, the slot for the timer as well,
/// and yields false once there is nothing left to cancel: whoever knows that earlier cancels the timer.
template <class Emit>
class echo {
public:
  echo(executor ex, pause_timer_ptr& pause, Emit emit) noexcept
      : executor_(std::move(ex)), pause_(&pause), emit_(std::move(emit))
  {}
  echo(echo&&) noexcept = default;
  echo& operator=(echo&&) = delete;

  void operator()(error_code = {})
  {
    if (emit_()) next();
  }

  /// Out of memory, or of descriptors for the context's first timer, ends it: the cancel has been said at
  /// least once.
  void next() noexcept
  try {
    const executor ex = executor_; // this object moves into what it starts
    if (turn_ < turns_without_pause) {
      ++turn_;
      asio::post(ex, std::move(*this));
      return;
    }
    auto& pause = pause_timer::made(*pause_, ex);
    const auto length = std::exchange(length_, std::min(2 * length_, longest_pause));
    pause.start(length, std::move(*this));
  } catch (const std::exception&) { // NOLINT(bugprone-empty-catch)
  }

private:
  static constexpr unsigned turns_without_pause = 3;
  static constexpr std::chrono::milliseconds longest_pause{256};

  executor executor_;
  pause_timer_ptr* pause_;
  Emit emit_;
  std::chrono::milliseconds length_{1};
  unsigned turn_ = 0;
};

} // namespace linx::detail
