/// What all streams have in common.
#pragma once

#include "core/operation.hpp"

#include <linx/core/stream.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <utility>

namespace linx::detail {

/// The base of whatever stands behind a stream; made by `make_state`. A source implements `read`, and
/// `on_close` if it has something to let go of.
///
/// The base does the rest: one reader at a time, until its frame is left, however that is; `errc::closed`
/// after a close; cancellation and `throw_if_cancelled`; letting others run; the hop home, from where it is
/// read and from where it is closed.
template <class T>
class source : public stream_source<T>, public context_state {
public:
  task<std::optional<T>> next() override
  {
    auto body = read();
    return operation<std::optional<T>>(this->shared_from_this(), std::move(body), reader_guard(*this));
  }

  void close() noexcept final
  {
    at_home([self = std::static_pointer_cast<source>(this->shared_from_this())] { self->close_here(); });
  }

  explicit source(executor home) : context_state(std::move(home)) {}

protected:
  /// The next value, nothing at the end. Asks `is_closed` after each wait; waits for nothing that does not
  /// end when `on_close` or `shutdown` is called.
  virtual task<std::optional<T>> read() = 0;

  /// Wakes the reader, closes what this source reads from. Once, on the home executor.
  virtual void on_close() noexcept {}

  /// The same at the end of the context, where nobody is woken: parked readers are dropped.
  virtual void on_shutdown() noexcept {}

  /// Nobody reads any more.
  bool is_closed() const noexcept { return closed_.load(std::memory_order_relaxed); }

private:
  class reader_guard {
  public:
    explicit reader_guard(source& of) noexcept : of_(&of) {}
    reader_guard(reader_guard&& other) noexcept : of_(other.of_), begun_(std::exchange(other.begun_, false))
    {}
    reader_guard& operator=(reader_guard&&) = delete;
    ~reader_guard()
    {
      if (begun_) of_->reading_ = false;
    }

    result<> begin() noexcept
    {
      if (of_->closed_) return errc::closed;
      if (of_->reading_) return errc::not_ready;
      begun_ = of_->reading_ = true;
      return success();
    }

  private:
    source* of_; // the frame that this is in keeps it alive
    bool begun_ = false;
  };

  void close_here() noexcept
  {
    if (closed_.exchange(true)) return;
    on_close();
  }

  void shutdown() noexcept final
  {
    closed_ = true;
    on_shutdown();
  }

  bool reading_ = false;
  std::atomic<bool> closed_ = false; // set at home, and asked for anywhere
};

} // namespace linx::detail
