/// Makes a network namespace as it is wanted, and keeps watch over it.
#pragma once

#include <linx/core/stream.hpp>
#include <linx/rtnl/connection.hpp>
#include <linx/rtnl/plan.hpp>

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

  bool converged = false; ///< a fresh look found nothing left to do
  plan applied;
  std::optional<failure> failed; ///< the step that the kernel refused; none after it was tried
  plan pending;                  ///< what was not reached
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

/// Pull, diff and push until nothing is left to do, a step fails, or for the fourth time something is left,
/// which is in `pending` then: a link that goes down takes routes with it that are wanted again.
///
///     LINX_TRY(const auto done, co_await reconcile(kernel, want, last));
///     if (done.converged) last = want;
///
/// Parameters: `last`: what was applied last, see `diff`. Where a pass failed keep the older one too: what of
/// `want` was applied is found again by the next pass, and what is dropped from it before that is not.
/// Errors: those of `pull` and `diff`; a step that the kernel refuses is in the report.
/// Cancellation: as `push`.
LINX_API task<report> reconcile(connection kernel, desired want, desired last);

/// Says when the namespace differs from what is wanted: each value is a plan that is not empty and not the
/// one before. Whoever gets it may `reconcile`.
///
/// Lifetimes, cancellation, concurrency, errors: see `cache::follow`.
LINX_API result<stream<plan>> subscribe(executor ex, desired want, desired last);
/// In another network namespace.
LINX_API result<stream<plan>> subscribe(executor ex, const ns::handle& net, desired want, desired last);

} // namespace linx::rtnl
