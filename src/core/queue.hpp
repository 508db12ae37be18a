/// The usual source of a stream: values pushed by the room, pulled by the consumer.
#pragma once

#include "core/fairness.hpp"
#include "core/operation.hpp"
#include "core/waiter.hpp"

#include <linx/core/stream.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

namespace linx::detail {

/// An unbounded queue with one reader; made by `make_state`. How much it may hold is the room's decision,
/// which is why it counts bytes.
///
/// Values pushed before `finish()` or `fail()` are still delivered. After `close()` nothing is.
/// Concurrency: all members on the home executor; `next()` may be awaited on any.
template <class T>
class queue_source : public stream_source<T>, public context_state {
public:
  explicit queue_source(executor home) : context_state(std::move(home)) {}

  void push(T value, std::size_t bytes = sizeof(T))
  {
    if (closed_ || ended_) return;
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
  bool is_closed() const noexcept { return closed_; }

  task<std::optional<T>> next() override
  {
    auto self = std::static_pointer_cast<queue_source>(shared_from_this());
    auto body = take(self.get());
    return operation<std::optional<T>>(std::move(self), std::move(body));
  }

  void close() noexcept override
  {
    closed_ = true;
    items_.clear();
    queued_bytes_ = 0;
    readers_.wake_all();
  }

private:
  struct item {
    item(T v, std::size_t b) : value(std::move(v)), bytes(b) {}
    T value;
    std::size_t bytes;
  };

  /// However a reader ends, destroyed unresumed included, the next one may come.
  class reading_scope {
  public:
    explicit reading_scope(bool& reading) noexcept : reading_(reading) { reading_ = true; }
    reading_scope(const reading_scope&) = delete;
    reading_scope& operator=(const reading_scope&) = delete;
    ~reading_scope() { reading_ = false; }

  private:
    bool& reading_;
  };

  // `operation` keeps the source alive around this body.
  static task<std::optional<T>> take(queue_source* self)
  {
    if (self->reading_) co_return errc::not_ready;
    const reading_scope reading(self->reading_);
    if (!self->items_.empty() && yield_due()) co_await asio::post(asio::deferred);
    const asio::cancellation_state cancel = co_await asio::this_coro::cancellation_state;
    bool was_cancelled = is_cancelled(cancel);
    while (!self->is_decided() && !was_cancelled) {
      waiter waiting(self->readers_);
      co_await waiting.park();
      was_cancelled = waiting.reason() == wake_reason::cancelled;
    }
    if (self->closed_) co_return errc::closed;
    if (was_cancelled) co_return errc::cancelled;
    if (!self->items_.empty()) co_return self->pop();
    if (self->failure_) co_return *self->failure_;
    co_return std::optional<T>();
  }

  bool is_decided() const noexcept { return closed_ || ended_ || !items_.empty(); }

  std::optional<T> pop()
  {
    item& front = items_.front();
    std::optional<T> value(std::move(front.value));
    queued_bytes_ -= front.bytes;
    items_.pop_front();
    return value;
  }

  void shutdown() noexcept override
  {
    closed_ = true;
    items_.clear();
    queued_bytes_ = 0;
    readers_.drop();
  }

  std::deque<item> items_;
  std::size_t queued_bytes_ = 0;
  std::optional<error> failure_;
  wait_list readers_;
  bool reading_ = false;
  bool ended_ = false;
  bool closed_ = false;
};

} // namespace linx::detail
