/// The usual source of a stream: values pushed by the room, pulled by the consumer.
#pragma once

#include "core/source.hpp"
#include "core/waiter.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

namespace linx::detail {

/// An unbounded queue with one reader; made by `make_state`. How much it may hold is the room's decision,
/// which is why it counts bytes.
///
/// Values pushed before `finish()` or `fail()` are still delivered. After `close()` nothing is.
/// Executor: all members on the home executor; `next()` may be awaited, and the stream dropped, on any.
template <class T>
class queue_source : public source<T> {
public:
  explicit queue_source(executor home) : source<T>(std::move(home)) {}

  void push(T value, std::size_t bytes = sizeof(T))
  {
    if (this->is_closed() || ended_) return;
    items_.emplace_back(std::move(value), bytes);
    queued_bytes_ += bytes;
    readers_.wake_one();
  }

  /// No value will follow.
  void finish() noexcept
  {
    ended_ = true;
    readers_.wake_all();
  }

  /// No value will follow, and that is why: each further `next()` yields this error.
  void fail(error why) noexcept
  {
    if (!ended_) failure_.emplace(std::move(why));
    finish();
  }

  std::size_t queued_bytes() const noexcept { return queued_bytes_; }

  /// The consumer has gone, or the context.
  using source<T>::is_closed;

private:
  struct item {
    item(T v, std::size_t b) : value(std::move(v)), bytes(b) {}
    T value;
    std::size_t bytes;
  };

  task<std::optional<T>> read() override
  {
    for (bool was_cancelled = false;;) {
      if (this->is_closed()) co_return errc::closed;
      if (!items_.empty()) co_return pop();
      if (was_cancelled) co_return errc::cancelled;
      if (failure_) co_return *failure_;
      if (ended_) co_return std::optional<T>();
      waiter waiting(readers_);
      co_await waiting.park();
      was_cancelled = waiting.reason() == wake_reason::cancelled;
    }
  }

  std::optional<T> pop()
  {
    item& front = items_.front();
    std::optional<T> value(std::move(front.value));
    queued_bytes_ -= front.bytes;
    items_.pop_front();
    return value;
  }

  void clear() noexcept
  {
    items_.clear();
    queued_bytes_ = 0;
  }

  void on_close() noexcept override
  {
    clear();
    readers_.wake_all();
  }

  void on_shutdown() noexcept override
  {
    clear();
    readers_.drop();
  }

  std::deque<item> items_;
  std::size_t queued_bytes_ = 0;
  std::optional<error> failure_;
  wait_list readers_;
  bool ended_ = false;
};

} // namespace linx::detail
