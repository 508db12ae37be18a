/// The root of a chain of tasks: what stands between Asio's `co_spawn` and `linx::spawn`.
#pragma once

#include <linx/core/task.hpp>

#include <boost/asio/cancellation_signal.hpp>

#include <atomic>
#include <exception>
#include <memory>

namespace linx::detail {

/// What the token's cancellation slot and the root share.
///
/// Shared and not owned by either: a cancel emitted from another thread is still on its way to the executor
/// when the root completes (asio issue 1332).
class LINX_API root_signal {
public:
  static std::shared_ptr<root_signal> make(executor);

  explicit root_signal(executor ex) noexcept : executor_(std::move(ex)) {}

  asio::cancellation_slot slot() noexcept { return signal_.slot(); }

  /// True if a cancel came before the root's body ran: that one was recorded, not emitted.
  bool start() noexcept;

  /// From here on a cancel finds nothing to stop. On the executor of the root, as `start`: a cancel that was
  /// emitted elsewhere may be on its way here while the handler already runs on an executor of its own.
  void finish() noexcept { finished_ = true; }

  /// Gives up the executor, which must not outlive its context although the token's slot may. From here on
  /// the relay does nothing.
  void detach() noexcept;

  /// The handler in the token's slot; any thread while the root runs.
  class LINX_API relay {
  public:
    explicit relay(std::shared_ptr<root_signal> root) noexcept : root_(std::move(root)) {}
    void operator()(asio::cancellation_type type) const;

  private:
    std::shared_ptr<root_signal> root_;
  };

private:
  asio::cancellation_signal signal_;
  executor executor_;
  std::atomic<bool> cancelled_ = false;
  bool started_ = false;
  bool finished_ = false;
};

/// The error that stands for an exception which no task caught.
LINX_API error describe(const std::exception_ptr&) noexcept;

/// Marks the root finished however its body is left.
class root_scope {
public:
  explicit root_scope(root_signal* root) noexcept : root_(root) {}
  root_scope(const root_scope&) = delete;
  root_scope& operator=(const root_scope&) = delete;
  ~root_scope()
  {
    if (root_) root_->finish();
  }

private:
  root_signal* root_;
};

} // namespace linx::detail
