#include <linx/rtnl/reconcile.hpp>

#include "core/source.hpp"

#include <linx/core/collect.hpp>
#include <linx/core/with_timeout.hpp>
#include <linx/rtnl/cache.hpp>

namespace linx::rtnl {

namespace {

using namespace std::chrono_literals;

constexpr unsigned most_passes = 3;
constexpr auto quiet_time = 10ms;

monitor_options watched() noexcept
{
  return monitor_options().rules(true).neighbours(true);
}

class plan_source final : public linx::detail::source<plan> {
public:
  plan_source(executor home, stream<event> events, std::shared_ptr<cache> copy, desired want, desired last)
      : source(std::move(home)),
        events_(std::move(events)),
        copy_(std::move(copy)),
        want_(std::move(want)),
        last_(std::move(last))
  {}

private:
  // Looks once a burst of events is over, and not at each of them.
  task<std::optional<plan>> read() override
  {
    for (;;) {
      if (is_closed()) co_return errc::closed;
      auto waiting = events_.next();
      const bool looks = is_changed_ && copy_->is_exact();
      if (looks) waiting = linx::with_timeout(std::move(waiting), quiet_time);
      auto one = co_await std::move(waiting);
      if (one && !one.value()) co_return std::optional<plan>();
      if (one) {
        is_changed_ = true;
        continue;
      }
      if (!looks || !(one.error() == errc::timed_out)) co_return std::move(one).error();
      is_changed_ = false;
      LINX_TRY(auto steps, diff(want_, observed(*copy_), last_));
      if (steps == before_) continue;
      before_ = steps;
      if (!steps.empty()) co_return std::optional<plan>(std::move(steps));
    }
  }

  void on_close() noexcept override { events_.cancel(); }

  stream<event> events_;
  std::shared_ptr<cache> copy_;
  desired want_;
  desired last_;
  plan before_;
  bool is_changed_ = true;
};

stream<plan> make_stream(executor ex, stream<event> events, std::shared_ptr<cache> copy, desired want,
                         desired last)
{
  return stream<plan>(linx::detail::make_state<plan_source>(std::move(ex), std::move(events), std::move(copy),
                                                            std::move(want), std::move(last)));
}

} // namespace

std::string to_string(const report& r)
{
  std::string text = r.converged ? "converged, " : "";
  if (r.failed) text += "failed at " + to_string(r.failed->step()) + ": " + r.failed->why().message() + "; ";
  text += std::to_string(r.applied.size()) + " applied";
  if (!r.pending.empty()) text += ", " + std::to_string(r.pending.size()) + " pending";
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

task<report> reconcile(connection kernel, desired want, desired last)
{
  report all;
  for (unsigned pass = 0;; ++pass) {
    auto looking = pull(kernel);
    LINX_TRY(const auto there, co_await std::move(looking));
    LINX_TRY(auto steps, diff(want, there, last));
    if (steps.empty()) {
      all.converged = true;
      co_return std::move(all);
    }
    if (pass == most_passes) {
      all.pending = std::move(steps);
      co_return std::move(all);
    }
    auto pushing = push(kernel, std::move(steps));
    LINX_TRY(auto done, co_await std::move(pushing));
    all.applied.insert(all.applied.end(), std::make_move_iterator(done.applied.begin()),
                       std::make_move_iterator(done.applied.end()));
    if (!done.failed) continue;
    all.failed = std::move(done.failed);
    all.pending = std::move(done.pending);
    co_return std::move(all);
  }
}

result<stream<plan>> subscribe(executor ex, desired want, desired last)
{
  ex = linx::detail::serial(std::move(ex));
  auto copy = std::make_shared<cache>(watched());
  BOOST_OUTCOME_TRY(auto events, cache::follow(ex, copy));
  return make_stream(std::move(ex), std::move(events), std::move(copy), std::move(want), std::move(last));
}

result<stream<plan>> subscribe(executor ex, const ns::handle& net, desired want, desired last)
{
  ex = linx::detail::serial(std::move(ex));
  auto copy = std::make_shared<cache>(watched());
  BOOST_OUTCOME_TRY(auto events, cache::follow(ex, net, copy));
  return make_stream(std::move(ex), std::move(events), std::move(copy), std::move(want), std::move(last));
}

} // namespace linx::rtnl
