#include <linx/rtnl/reconcile.hpp>

#include "core/source.hpp"
#include "rtnl/watch_schedule.hpp"

#include <linx/core/with_timeout.hpp>
#include <linx/rtnl/cache.hpp>

#include <algorithm>

namespace linx::rtnl {

namespace {

using clock = watch_schedule::clock;

monitor_options watched() noexcept
{
  return monitor_options().rules(true).neighbours(true);
}

class plan_source final : public linx::detail::source<plan> {
public:
  plan_source(executor home, stream<event> events, connection tables, std::shared_ptr<cache> copy,
              desired want, desired last, const watch_options& how)
      : source(std::move(home)),
        events_(std::move(events)),
        tables_(std::move(tables)),
        copy_(std::move(copy)),
        want_(std::move(want)),
        last_(std::move(last)),
        schedule_(how.resync())
  {
    schedule_.heard(clock::now()); // what there is already is looked into as well
  }

private:
  task<std::optional<plan>> read() override
  {
    schedule_.resumed(clock::now());
    for (;;) {
      if (is_closed()) co_return errc::closed;
      auto waiting = events_.next();
      const auto at = schedule_.next_look(copy_->is_exact());
      if (at)
        waiting = linx::with_timeout(std::move(waiting), std::max(*at - clock::now(), clock::duration()));
      auto one = co_await std::move(waiting);
      if (one && !one.value()) co_return std::optional<plan>();
      if (one) {
        schedule_.heard(clock::now());
        continue;
      }
      if (!at || !(one.error() == errc::timed_out)) co_return std::move(one).error();
      const auto now = clock::now();
      auto looking = look(schedule_.is_resync(now));
      LINX_TRY(auto steps, co_await std::move(looking));
      const bool same = steps == before_;
      const bool tells = schedule_.tells(now, !steps.empty(), same);
      before_ = steps;
      if (tells) co_return std::optional<plan>(std::move(steps));
    }
  }

  // At the copy for a hint, at the kernel's own tables when it is time.
  task<plan> look(bool is_resync)
  {
    if (!is_resync) co_return diff(want_, observed(*copy_), last_);
    auto pulling = pull(tables_);
    const auto there = co_await std::move(pulling);
    if (there) co_return diff(want_, there.value(), last_);
    if (!(there.error() == errc::dump_interrupted || there.error() == errc::overrun)) co_return there.error();
    // a table that never holds still is the copy's business, which hears of all that is done to it
    if (!copy_->is_exact()) co_return before_;
    co_return diff(want_, observed(*copy_), last_);
  }

  void on_close() noexcept override { events_.cancel(); }

  stream<event> events_;
  connection tables_;
  std::shared_ptr<cache> copy_;
  desired want_;
  desired last_;
  watch_schedule schedule_;
  plan before_;
};

result<stream<plan>> make_stream(executor ex, result<stream<event>> events, result<connection> tables,
                                 std::shared_ptr<cache> copy, desired want, desired last,
                                 const watch_options& how)
{
  if (!events) return std::move(events).error();
  if (!tables) return std::move(tables).error();
  return stream<plan>(linx::detail::make_state<plan_source>(std::move(ex), std::move(events).value(),
                                                            std::move(tables).value(), std::move(copy),
                                                            std::move(want), std::move(last), how));
}

} // namespace

result<stream<plan>> subscribe(executor ex, desired want, desired last, watch_options how)
{
  ex = linx::detail::serial(std::move(ex));
  auto copy = std::make_shared<cache>(watched());
  return make_stream(ex, cache::follow(ex, copy), connection::open(ex), copy, std::move(want),
                     std::move(last), how);
}

result<stream<plan>> subscribe(executor ex, const ns::handle& net, desired want, desired last,
                               watch_options how)
{
  ex = linx::detail::serial(std::move(ex));
  auto copy = std::make_shared<cache>(watched());
  return make_stream(ex, cache::follow(ex, net, copy), connection::open(ex, net), copy, std::move(want),
                     std::move(last), how);
}

} // namespace linx::rtnl
