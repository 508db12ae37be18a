#include <linx/process/supervisor.hpp>

#include "core/operation.hpp"
#include "process/supervision.hpp"

#include <utility>

namespace linx {

namespace {

using detail::child_key;
using detail::supervision;

using supervision_ptr = std::shared_ptr<supervision>;

/// Parks until the machine has changed. An error ends the task that called it.
task<> changed(supervision_ptr s)
{
  const auto cancel = co_await asio::this_coro::cancellation_state;
  if (detail::is_cancelled(cancel)) co_return errc::cancelled;
  detail::waiter waiting(s->waiters);
  co_await waiting.park();
  if (s->is_shut_down() || s->dropped()) co_return errc::closed;
  if (waiting.reason() == detail::wake_reason::cancelled) co_return errc::cancelled;
  co_return success();
}

task<> supervise(supervision_ptr s)
{
  LINX_TRYV(s->begin());
  // A cancel is an order to stop, which takes its time: the loop goes on until nothing is left.
  bool told_to_stop = false;
  while (s->machine().state() != supervisor_state::ended) {
    const auto cancel = co_await asio::this_coro::cancellation_state;
    if (detail::is_cancelled(cancel) && !std::exchange(told_to_stop, true)) {
      s->shut_down();
      continue;
    }
    detail::waiter waiting(s->waiters);
    co_await waiting.park();
    if (s->is_shut_down()) co_return errc::closed;
    if (waiting.reason() == detail::wake_reason::cancelled && !std::exchange(told_to_stop, true))
      s->shut_down();
  }
  if (s->machine().failure()) co_return *s->machine().failure();
  co_return s->dropped() ? errc::closed : errc::cancelled;
}

task<> await_down(supervision_ptr s, result<child_key> asked)
{
  if (!asked) co_return std::move(asked).error();
  const child_key key = asked.assume_value();
  while (s->machine().has_process(key)) {
    // Started again by somebody else meanwhile: this request was carried out.
    if (s->machine().is_up(key)) break;
    LINX_TRYV(co_await changed(s));
  }
  co_return success();
}

task<pid_t> await_up(supervision_ptr s, std::string id, result<child_key> asked)
{
  if (!asked) co_return std::move(asked).error();
  const child_key key = asked.assume_value();
  const auto& machine = s->machine();
  for (;;) {
    if (machine.is_up(key)) co_return machine.host_pid(key);
    if (machine.state() >= supervisor_state::stopping) co_return errc::closed;
    if (!machine.is_wanted(key))
      co_return error(errc::no_process).with_object("child '" + id + "'; it is not to be started");
    LINX_TRYV(co_await changed(s));
  }
}

} // namespace

result<supervisor> supervisor::create(executor ex, supervisor_options options)
{
  BOOST_OUTCOME_TRYV(options.validate());
  auto state = detail::make_state<supervision>(std::move(ex), options);
  if (state->is_shut_down()) return errc::closed;
  return supervisor(std::move(state));
}

supervisor::supervisor(supervision_ptr state) noexcept : state_(std::move(state)) {}
supervisor::supervisor(supervisor&&) noexcept = default;

supervisor& supervisor::operator=(supervisor&& other) noexcept
{
  supervisor former(std::move(*this));
  state_ = std::move(other.state_);
  return *this;
}

supervisor::~supervisor()
{
  // If the context is gone the orphan policies apply.
  if (state_) state_->at_home([state = state_] { state->drop(); });
}

task<> supervisor::run()
{
  return detail::operation<void>(state_, supervise(state_));
}

result<> supervisor::add(child_spec child)
{
  if (state_->is_shut_down()) return errc::closed;
  return state_->add(std::move(child));
}

namespace {

task<> terminate_child(supervision_ptr s, std::string id)
{
  auto asked = s->terminate(id);
  auto down = await_down(std::move(s), std::move(asked));
  co_return co_await std::move(down);
}

task<> remove_child(supervision_ptr s, std::string id)
{
  auto asked = s->remove(id);
  auto down = await_down(std::move(s), std::move(asked));
  co_return co_await std::move(down);
}

task<pid_t> restart_child(supervision_ptr s, std::string id)
{
  auto asked = s->restart(id);
  auto up = await_up(std::move(s), std::move(id), std::move(asked));
  co_return co_await std::move(up);
}

task<pid_t> running_child(supervision_ptr s, std::string id)
{
  auto asked = s->find(id);
  auto up = await_up(std::move(s), std::move(id), std::move(asked));
  co_return co_await std::move(up);
}

} // namespace

task<> supervisor::terminate(std::string id)
{
  return detail::operation<void>(state_, terminate_child(state_, std::move(id)));
}

task<> supervisor::remove(std::string id)
{
  return detail::operation<void>(state_, remove_child(state_, std::move(id)));
}

task<pid_t> supervisor::restart(std::string id)
{
  return detail::operation<pid_t>(state_, restart_child(state_, std::move(id)));
}

task<pid_t> supervisor::running(std::string id)
{
  return detail::operation<pid_t>(state_, running_child(state_, std::move(id)));
}

result<> supervisor::signal(const std::string& id, int signo)
{
  if (state_->is_shut_down()) return errc::closed;
  return state_->signal(id, signo);
}

supervisor_status supervisor::status() const
{
  return state_->machine().status();
}

stream<supervisor_event> supervisor::events()
{
  return state_->events();
}

} // namespace linx
