/// Makes a network namespace as it is wanted, and keeps watch over it.
#pragma once

#include <linx/core/stream.hpp>
#include <linx/rtnl/connection.hpp>
#include <linx/rtnl/plan.hpp>

#include <chrono>
#include <functional>

namespace linx::rtnl {

/// What became of a plan.
class report {
public:
  class failure {
  public:
    failure(action step, error why) noexcept : step_(std::move(step)), why_(std::move(why)) {}
    const action& step() const noexcept { return step_; }
    const error& why() const noexcept { return why_; }

  private:
    action step_;
    error why_;
  };
  /// A step that the kernel takes each time, without the effect that was asked for.
  class alteration {
  public:
    alteration(action step, std::string found) noexcept : step_(std::move(step)), found_(std::move(found)) {}
    const action& step() const noexcept { return step_; }
    const std::string& found() const noexcept { return found_; } ///< what it makes of it, in words

  private:
    action step_;
    std::string found_;
  };

  bool converged = false; ///< a fresh look found nothing left to do
  plan applied;
  std::optional<failure> failed; ///< the step that the kernel refused; none after it was tried
  plan pending;                  ///< what was not reached, or did not last
  /// Those of `pending` that left the same each time: the kernel rounds, clamps or replaces what was asked
  /// for.
  std::vector<alteration> altered;
  /// What is ours by now: what was before and what was made, without what was taken away. `last` of the next
  /// call, also after a step that failed. What is wanted and was there already stays another's.
  desired last_applied{0};
};

/// "converged, 3 applied", "failed at add route ...: kernel: ...; 1 applied, 2 pending"
LINX_API std::string to_string(const report&);

/// Lists links, addresses, neighbours, routes and rules.
/// Errors: those of the listings.
LINX_API task<observed> pull(connection kernel);

/// Takes the steps one after the other, up to the first that is refused. `converged` stays false.
///
/// Cancellation: steps taken stay, and the request on its way may be done.
LINX_API task<report> push(connection kernel, plan steps);

/// How `reconcile` goes about it.
class reconcile_options {
public:
  reconcile_options() = default;

  /// Is told what may be ours, before anything is made, and what is, after each pass: to be kept where it
  /// outlives the process, so that whatever ends it, the next one knows what to take away. An error ends the
  /// call before anything is made that would be nobody's.
  reconcile_options& remember(std::function<result<>(const desired& last_applied)> by)
  {
    remember_ = std::move(by);
    return *this;
  }
  const std::function<result<>(const desired&)>& remember() const noexcept { return remember_; }

private:
  std::function<result<>(const desired&)> remember_;
};

/// Pull, diff and push until nothing is left to do, a step fails with nothing done before it, or for the
/// fourth time something is left, which is in `pending` then: a link that goes down takes routes with it that
/// are wanted again.
///
///     LINX_TRY(const auto done, co_await reconcile(kernel, want, last));
///     last = done.last_applied;
///
/// What is taken away is taken away alone: of rules with one priority no other, though the kernel would take
/// the first that fits; what the kernel removes with an IPv4 address is put back: the further addresses of
/// its network and the routes from them, and where it was the last of its link all routes by that and its
/// permanent neighbours, as far as they can be without it.
///
/// Parameters: `last`: what was applied last, see `diff`.
/// Errors: those of `pull` and `diff`, and of `remember`; a step that the kernel refuses is in the report.
/// Cancellation: as `push`; `remember` has been told.
LINX_API task<report> reconcile(connection kernel, desired want, desired last, reconcile_options how = {});

/// How `subscribe` watches.
class watch_options {
public:
  watch_options() noexcept = default;

  /// How often everything is listed and compared, whatever was told meanwhile: the kernel does not tell of
  /// all it does. 0: never. Five seconds unless said otherwise.
  watch_options& resync(std::chrono::milliseconds interval) noexcept { return resync_ = interval, *this; }
  std::chrono::milliseconds resync() const noexcept { return resync_; }

private:
  std::chrono::milliseconds resync_ = std::chrono::seconds(5);
};

/// Says when the namespace differs from what is wanted: each value is a plan that is not empty. Whoever gets
/// it may `reconcile`. A burst of changes is told once, when it is over. What still differs is told again,
/// with growing pauses up to the interval of `resync`, a quarter of a second after a change at the latest:
/// drift that comes back, and steps that the kernel refuses for a while, are repaired.
///
/// Lifetimes, cancellation, concurrency, errors: see `cache::follow`.
LINX_API result<stream<plan>> subscribe(executor ex, desired want, desired last, watch_options how = {});
/// In another network namespace.
LINX_API result<stream<plan>> subscribe(executor ex, const ns::handle& net, desired want, desired last,
                                        watch_options how = {});

} // namespace linx::rtnl
