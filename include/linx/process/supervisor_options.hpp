/// How a supervisor treats its children.
#pragma once

#include <linx/process/child_spec.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace linx {

/// Who is restarted when one child is.
enum class restart_strategy : std::uint8_t {
  one_for_one,  ///< that child alone
  one_for_all,  ///< all: the others are stopped in reverse order, then all are started in order
  rest_for_one, ///< it and those that were started after it, stopped in reverse order; its parallel peers
                ///< stay
};

/// How long a child that ends again and again is left down before its next start.
///
/// The delay is `initial`, and `factor` times longer with each further end, up to `maximum`. A child that ran
/// for `stable_after` or longer begins anew with `initial`.
class LINX_API restart_backoff {
public:
  /// Parameters: `initial`: 0 restarts at once, always.
  explicit restart_backoff(std::chrono::milliseconds initial = std::chrono::milliseconds(0)) noexcept
      : initial_(initial)
  {}

  /// By default 2; at least 1.
  restart_backoff& factor(double value) noexcept;

  /// By default 30 s.
  restart_backoff& maximum(std::chrono::milliseconds limit) noexcept;

  /// By default 10 s.
  restart_backoff& stable_after(std::chrono::milliseconds time) noexcept;

  /// The delay after the n-th end in a row, n from 1.
  std::chrono::milliseconds delay(unsigned nth) const noexcept;

  std::chrono::milliseconds initial() const noexcept { return initial_; }
  double factor() const noexcept { return factor_; }
  std::chrono::milliseconds maximum() const noexcept { return maximum_; }
  std::chrono::milliseconds stable_after() const noexcept { return stable_after_; }

private:
  std::chrono::milliseconds initial_;
  std::chrono::milliseconds maximum_{30'000};
  std::chrono::milliseconds stable_after_{10'000};
  double factor_ = 2;
};

/// The options of a `supervisor`: its children in the order of their start, and what holds for all.
///
///     auto options = supervisor_options()
///                        .strategy(restart_strategy::rest_for_one)
///                        .max_restarts(5, 10s)
///                        .backoff(restart_backoff(100ms).maximum(5s));
///     options.add(std::move(database)).add(std::move(web));
class LINX_API supervisor_options {
public:
  /// By default `one_for_one`.
  supervisor_options& strategy(restart_strategy value) noexcept;

  /// The supervisor gives up at the restart after the `count`-th within `window`: it stops all children and
  /// completes with an error. By default 3 in 5 s. Ends that make it restart count, whichever child it was;
  /// the siblings that a strategy takes along do not.
  supervisor_options& max_restarts(unsigned count, std::chrono::milliseconds window) noexcept;

  /// The supervisor never gives up: what ends is started again for ever, unless it has a limit of its own
  /// (`child_spec::max_restarts`). Give it a `backoff()`, or a child that cannot start keeps a CPU busy.
  supervisor_options& unlimited_restarts() noexcept;

  /// By default none: a child is restarted at once.
  supervisor_options& backoff(restart_backoff value) noexcept;

  /// One more child, after those that are there.
  supervisor_options& add(child_spec child);

  /// Looks for mistakes without a syscall: two children of one id, a window of 0 or less, a negative delay, a
  /// factor below 1, what `child_spec::validate()` finds.
  ///
  /// Errors: stage `argument`.
  result<> validate() const;

  restart_strategy strategy() const noexcept { return strategy_; }
  std::optional<unsigned> max_restarts() const noexcept { return max_restarts_; } ///< empty: unlimited
  std::chrono::milliseconds window() const noexcept { return window_; }
  const restart_backoff& backoff() const noexcept { return backoff_; }
  const std::vector<child_spec>& children() const noexcept { return children_; }

private:
  std::vector<child_spec> children_;
  restart_backoff backoff_;
  std::chrono::milliseconds window_{5'000};
  std::optional<unsigned> max_restarts_ = 3;
  restart_strategy strategy_ = restart_strategy::one_for_one;
};

} // namespace linx
