/// A sequence of values that is pulled, and that ends when its handle is dropped.
#pragma once

#include <linx/core/task.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace linx {

/// What stands behind a stream; implemented by the rooms, always held by a shared_ptr.
template <class T>
class stream_source {
public:
  virtual ~stream_source() = default;

  /// The next value; nullopt at the end; an error finishes the stream. A second call while one is pending
  /// completes with `errc::not_ready`.
  virtual task<std::optional<T>> next() = 0;

  /// Ends the pending `next()` with `errc::closed`.
  virtual void close() noexcept = 0;
};

/// A move-only handle to a sequence of values, read one at a time:
///
///     for (;;) {
///       LINX_TRY(auto event, co_await events.next());
///       if (!event) break;
///       ...
///     }
///
/// Lifetime: a pending `next()` keeps the source alive, not the handle.
/// Cancellation: a cancelled `next()` completes with `errc::cancelled` and loses no value: it is there for
/// the next call. Destroying or cancelling the stream ends a pending `next()` with `errc::closed`.
/// Executor: one `next()` at a time, on any executor: elsewhere it goes to that of the source and comes back.
template <class T>
class [[nodiscard]] stream {
public:
  using value_type = T;

  stream() noexcept = default;
  explicit stream(std::shared_ptr<stream_source<T>> source) noexcept : source_(std::move(source)) {}
  stream(stream&& other) noexcept = default;
  stream& operator=(stream&& other) noexcept
  {
    if (this != &other) {
      cancel();
      source_ = std::move(other.source_);
    }
    return *this;
  }
  ~stream() { cancel(); }

  /// The next value, nullopt at the end. Without a source: `errc::closed`.
  task<std::optional<T>> next() { return source_ ? source_->next() : closed(); }

  /// Ends the stream and lets go of its source.
  void cancel() noexcept
  {
    if (auto source = std::move(source_)) source->close();
  }

  explicit operator bool() const noexcept { return source_ != nullptr; }

  /// For rooms that know what stands behind their own streams.
  const std::shared_ptr<stream_source<T>>& source() const noexcept { return source_; }

private:
  static task<std::optional<T>> closed() { co_return errc::closed; }

  std::shared_ptr<stream_source<T>> source_;
};

} // namespace linx
