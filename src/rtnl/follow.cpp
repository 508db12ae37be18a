#include <linx/rtnl/cache.hpp>

#include "core/rest.hpp"
#include "core/source.hpp"
#include "core/waiter.hpp"
#include "rtnl/listed_events.hpp"
#include "rtnl/marked.hpp"

#include <linx/core/collect.hpp>
#include <linx/core/with_timeout.hpp>

#include <chrono>

namespace linx::rtnl {

namespace {

using namespace std::chrono_literals;

// Events come in bursts; each table in doubt is listed once for all of one.
constexpr auto quiet_time = 10ms;
constexpr auto longest_doubt = 1s;

} // namespace

// Why a listing may be taken in whole, although events older than it are still to be applied: those of one
// object that came before the listing end with what the listing says of it, and a change that the kernel
// does not tell follows, under one lock, an event that puts its table in doubt. That event is either known
// when the listing begins, which then waits for the change (until_settled), or comes after it and begins
// another.
class follower final : public linx::detail::source<event> {
public:
  follower(executor home, stream<event> events, connection tables, std::shared_ptr<cache> into)
      : source(std::move(home)),
        events_(std::move(events)),
        tables_(std::move(tables)),
        into_(std::move(into))
  {}

  void link() { into_->follower_.to = std::static_pointer_cast<follower>(shared_from_this()); }

  static task<> caught_up(std::shared_ptr<follower> self, connection kernel)
  {
    auto settling = until_settled(std::move(kernel));
    LINX_TRYV(co_await std::move(settling));
    const auto events = std::dynamic_pointer_cast<marked>(self->events_.source());
    if (self->is_closed()) co_return errc::closed;
    if (!events) co_return errc::not_ready;
    auto marking = events->mark();
    LINX_TRY(const auto place, co_await std::move(marking));
    while (!(events->has_passed(place) && self->into_->is_exact())) {
      if (self->failure_) co_return *self->failure_;
      if (self->is_closed()) co_return errc::closed;
      linx::detail::waiter waiting(self->waiting_);
      co_await waiting.park();
      if (waiting.reason() == linx::detail::wake_reason::cancelled) co_return errc::cancelled;
    }
    co_return success();
  }

private:
  using clock = std::chrono::steady_clock;

  task<std::optional<event>> read() override
  {
    for (;;) {
      if (is_closed()) co_return errc::closed;
      if (into_->in_doubt().empty()) {
        doubtful_since_.reset();
        auto waiting = events_.next();
        auto one = co_await std::move(waiting);
        co_return applied(std::move(one));
      }
      if (!doubtful_since_) doubtful_since_ = clock::now();
      const auto wait = before_listing(clock::now());
      if (wait > 0s) {
        auto waiting = events_.next();
        auto limited = linx::with_timeout(std::move(waiting), wait);
        auto one = co_await std::move(limited);
        if (one || !(one.error() == errc::timed_out)) co_return applied(std::move(one));
      }
      auto relisting = relist();
      auto relisted = co_await std::move(relisting);
      if (!relisted && relisted.error() == errc::dump_interrupted) {
        again_ = clock::now() + pauses_.next();
        continue;
      }
      if (!relisted) co_return std::move(relisted).error();
      doubtful_since_.reset();
      again_ = {};
      pauses_.reset();
      waiting_.wake_all();
      co_return std::optional<event>(synchronized());
    }
  }

  // How long events are awaited before the tables in doubt are listed.
  clock::duration before_listing(clock::time_point now) const noexcept
  {
    if (again_ > now) return again_ - now;
    if (again_ == clock::time_point() && now - *doubtful_since_ < longest_doubt) return quiet_time;
    return {};
  }

  result<std::optional<event>> applied(result<std::optional<event>> one)
  {
    if (one && one.value()) into_->apply(*one.value());
    if (!one && !(one.error() == errc::cancelled)) failure_ = one.error();
    waiting_.wake_all();
    return one;
  }

  // Cancelled, it leaves the rest in doubt.
  task<> relist()
  {
    auto settling = until_settled(tables_);
    LINX_TRYV(co_await std::move(settling));
    const auto doubtful = into_->in_doubt();
    for (const auto which : doubtful) {
      if (is_closed()) co_return errc::closed;
      auto collecting = linx::collect(listed_events(tables_, which));
      LINX_TRY(const auto listed, co_await std::move(collecting));
      into_->relist(which, listed);
    }
    co_return success();
  }

  void on_close() noexcept override
  {
    events_.cancel();
    waiting_.wake_all();
  }

  void on_shutdown() noexcept override { waiting_.drop(); }

  stream<event> events_;
  connection tables_;
  std::shared_ptr<cache> into_;
  std::optional<clock::time_point> doubtful_since_;
  clock::time_point again_; // not before then, after a listing that was interrupted
  linx::detail::backoff pauses_{100ms, 2s};
  std::optional<error> failure_;
  linx::detail::wait_list waiting_; // who waits to be caught up
};

namespace {

monitor_options with_initial_state(const cache& c)
{
  return monitor_options(c.options()).initial_state(true);
}

task<> not_followed()
{
  co_return error(errc::not_ready, stage::argument).with_object("caught_up; nobody follows this cache");
}

} // namespace

result<stream<event>> cache::follow(executor ex, std::shared_ptr<cache> into)
{
  ex = linx::detail::serial(std::move(ex));
  BOOST_OUTCOME_TRY(auto events, monitor::open(ex, with_initial_state(*into)));
  BOOST_OUTCOME_TRY(auto tables, connection::open(ex));
  return follow(std::move(ex), std::move(events), std::move(tables), std::move(into));
}

result<stream<event>> cache::follow(executor ex, const ns::handle& net, std::shared_ptr<cache> into)
{
  ex = linx::detail::serial(std::move(ex));
  BOOST_OUTCOME_TRY(auto events, monitor::open(ex, net, with_initial_state(*into)));
  BOOST_OUTCOME_TRY(auto tables, connection::open(ex, net));
  return follow(std::move(ex), std::move(events), std::move(tables), std::move(into));
}

stream<event> cache::follow(executor ex, stream<event> events, connection tables, std::shared_ptr<cache> into)
{
  auto source = linx::detail::make_state<follower>(std::move(ex), std::move(events), std::move(tables),
                                                   std::move(into));
  source->link();
  return stream<event>(std::move(source));
}

task<> cache::caught_up(const connection& kernel) const
{
  const auto by = follower_.to.lock();
  if (!by) return not_followed();
  auto body = follower::caught_up(by, kernel);
  return linx::detail::operation<void>(by, std::move(body));
}

} // namespace linx::rtnl
