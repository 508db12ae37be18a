/// Coroutines parked on a condition, without a timer and without an allocation.
#pragma once

#include "core/cancelled.hpp"

#include <linx/core/detail/parked.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/deferred.hpp>

#include <cstdint>

namespace linx::detail {

class waiter;

/// Those who wait for one condition, first come first woken.
///
/// Waking never resumes a coroutine on the spot: its handler is posted to its own executor.
class wait_list {
public:
  wait_list() noexcept = default;
  wait_list(const wait_list&) = delete;
  wait_list& operator=(const wait_list&) = delete;

  void wake_one() noexcept;
  void wake_all() noexcept;
  bool empty() const noexcept { return first_ == nullptr; }

  /// Destroys the parked coroutines unresumed; for `context_state::shutdown()` only.
  void drop() noexcept;

private:
  friend class waiter;

  void append(waiter&) noexcept;
  void remove(waiter&) noexcept;

  waiter* first_ = nullptr;
  waiter* last_ = nullptr;
};

enum class wake_reason : std::uint8_t { none, woken, cancelled };

/// One stay in a wait_list; lives in the frame that waits.
///
///     while (!condition) {
///       const auto cancel = co_await asio::this_coro::cancellation_state;
///       if (detail::is_cancelled(cancel)) co_return errc::cancelled;
///       detail::waiter waiting(state->waiters);
///       co_await waiting.park();
///       if (state->is_closed) co_return errc::closed;
///       if (condition) break;
///       if (waiting.reason() == detail::wake_reason::cancelled) co_return errc::cancelled;
///     }
///
/// Look at the condition before the reason: a cancel that meets a finished operation must not lose its value.
class waiter {
public:
  explicit waiter(wait_list& list) noexcept : list_(list) {}
  waiter(const waiter&) = delete;
  waiter& operator=(const waiter&) = delete;
  ~waiter() { list_.remove(*this); }

  /// Awaitable: suspends until the list wakes this waiter or the coroutine is cancelled.
  auto park() noexcept
  {
    return asio::async_initiate<const asio::deferred_t, void()>(initiation(*this), asio::deferred);
  }

  wake_reason reason() const noexcept { return reason_; }

private:
  friend class wait_list;

  class initiation {
  public:
    explicit initiation(waiter& self) noexcept : self_(self) {}

    template <class Handler>
    void operator()(Handler handler)
    {
      auto slot = asio::get_associated_cancellation_slot(handler);
      if (slot.is_connected()) slot.template emplace<relay>(self_);
      self_.handler_.emplace(std::move(handler));
      self_.list_.append(self_);
    }

  private:
    waiter& self_;
  };

  /// Only notes the cancel and wakes: the emitter's stack is no place to resume a coroutine on.
  class relay {
  public:
    explicit relay(waiter& self) noexcept : self_(self) {}
    void operator()(asio::cancellation_type type) noexcept
    {
      if (type != asio::cancellation_type::none) self_.wake(wake_reason::cancelled);
    }

  private:
    waiter& self_;
  };

  void wake(wake_reason) noexcept;

  wait_list& list_;
  waiter* previous_ = nullptr;
  waiter* next_ = nullptr;
  parked_handler handler_;
  bool linked_ = false;
  wake_reason reason_ = wake_reason::none;
};

} // namespace linx::detail
