#include <linx/rtnl/reconcile.hpp>

#include "rtnl/ownership.hpp"
#include "rtnl/standing.hpp"

#include <linx/core/collect.hpp>

#include <algorithm>

namespace linx::rtnl {

namespace {

constexpr unsigned most_passes = 3;

using alterations = std::vector<report::alteration>;

alterations standing_for(const plan& steps, const observed& there)
{
  alterations all;
  for (const auto& step : steps) all.emplace_back(step, standing_for(step, there));
  return all;
}

// Those that stood so before they were taken for the last time, and stand so again.
alterations unchanged(const alterations& before, const alterations& after)
{
  alterations same;
  for (const auto& each : after) {
    const bool was = std::any_of(before.begin(), before.end(), [&](const auto& one) {
      return one.step() == each.step() && one.found() == each.found();
    });
    if (was && !each.found().empty()) same.push_back(each);
  }
  return same;
}

result<> remembered(const reconcile_options& how, const desired& last)
{
  return how.remember() ? how.remember()(last) : success();
}

} // namespace

std::string to_string(const report& r)
{
  std::string text = r.converged ? "converged, " : "";
  if (r.failed) text += "failed at " + to_string(r.failed->step()) + ": " + r.failed->why().message() + "; ";
  text += std::to_string(r.applied.size()) + " applied";
  if (!r.pending.empty()) text += ", " + std::to_string(r.pending.size()) + " pending";
  for (const auto& each : r.altered)
    text += "; of " + to_string(each.step()) + " the kernel makes " + each.found();
  return text;
}

task<observed> pull(connection kernel)
{
  observed there;
  auto links = linx::collect(kernel.links());
  LINX_TRY(there.links, co_await std::move(links));
  auto addresses = linx::collect(kernel.addresses());
  LINX_TRY(there.addresses, co_await std::move(addresses));
  auto neighbours = linx::collect(kernel.neighbours());
  LINX_TRY(there.neighbours, co_await std::move(neighbours));
  auto v4 = linx::collect(kernel.routes(net::family::v4));
  LINX_TRY(there.routes, co_await std::move(v4));
  auto v6 = linx::collect(kernel.routes(net::family::v6));
  LINX_TRY(auto more, co_await std::move(v6));
  there.routes.insert(there.routes.end(), std::make_move_iterator(more.begin()),
                      std::make_move_iterator(more.end()));
  auto rules = linx::collect(kernel.rules());
  LINX_TRY(there.rules, co_await std::move(rules));
  co_return std::move(there);
}

task<report> reconcile(connection kernel, desired want, desired last, reconcile_options how)
{
  report all;
  all.last_applied = std::move(last);
  alterations before;
  for (unsigned pass = 0;; ++pass) {
    auto looking = pull(kernel);
    LINX_TRY(const auto there, co_await std::move(looking));
    LINX_TRY(auto steps, diff(want, there, all.last_applied));
    if (steps.empty()) {
      all.converged = true;
      all.last_applied = ours_of(want, all.last_applied);
      LINX_TRYV(remembered(how, all.last_applied));
      co_return std::move(all);
    }
    auto after = standing_for(steps, there);
    if (pass == most_passes) {
      all.pending = std::move(steps);
      all.altered = unchanged(before, after);
      co_return std::move(all);
    }
    before = std::move(after);
    LINX_TRYV(remembered(how, with_all_that_may_be_made(all.last_applied, steps)));
    auto pushing = push(kernel, std::move(steps));
    LINX_TRY(auto done, co_await std::move(pushing));
    for (const auto& step : done.applied) take_over(all.last_applied, step);
    LINX_TRYV(remembered(how, all.last_applied));
    const bool has_applied = !done.applied.empty();
    all.applied.insert(all.applied.end(), std::make_move_iterator(done.applied.begin()),
                       std::make_move_iterator(done.applied.end()));
    // what was taken away or made before the refusal may have taken along, or made possible, what is wanted
    if (!done.failed || (has_applied && pass + 1 < most_passes)) continue;
    all.failed = std::move(done.failed);
    all.pending = std::move(done.pending);
    co_return std::move(all);
  }
}

} // namespace linx::rtnl
