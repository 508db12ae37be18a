#include "process/supervised_child.hpp"

#include "core/cancelled.hpp"

#include <linx/core/detail/root.hpp>
#include <linx/core/first_of.hpp>
#include <linx/core/shielded.hpp>
#include <linx/core/with_timeout.hpp>

#include <csignal>
#include <exception>
#include <utility>

namespace linx::detail {

namespace {

using spec_ptr = std::shared_ptr<const child_spec>;

/// The consumer's coroutine; what it throws is its error. The function and the process outlive it.
task<> consumers_set_up(const child_spec& spec, process& child)
{
  std::exception_ptr thrown;
  try {
    auto work = spec.set_up()(child);
    co_return co_await std::move(work);
  } catch (...) {
    thrown = std::current_exception();
  }
  co_return describe(thrown);
}

/// Completes when the consumer's set-up has, or the child has died under it.
task<> set_up(const child_spec& spec, process& child)
{
  auto work = consumers_set_up(spec, child);
  auto death = child.wait();
  LINX_TRYV(co_await first_of(std::move(work), std::move(death)));
  co_return success();
}

bool has_ended(const process& child)
{
  return is_terminal(child.info().state);
}

task<exit_status> kill_and_wait(process& child)
{
  (void)child.kill(); // unless it has ended
  auto end = child.wait();
  co_return co_await std::move(end);
}

task<exit_status> stop(process& child, shutdown_policy policy, bool has_checkpoint)
{
  // One without a checkpoint may run already when the host has not heard of it: it gets its grace.
  const bool parked = has_checkpoint && child.abort().has_value();
  if (!parked) {
    if (policy.what() == shutdown_policy::kind::kill) co_return co_await kill_and_wait(child);
    (void)child.kill_rest(); // it ends because it is told to, and so does what it would leave
    const auto asked = child.signal(SIGTERM);
    if (!asked && asked.error() != errc::no_process) co_return asked.error();
    if (policy.what() == shutdown_policy::kind::grace) {
      auto end = child.wait();
      auto how = co_await with_timeout(std::move(end), policy.limit());
      if (how || how.error() != errc::timed_out) co_return how;
      co_return co_await kill_and_wait(child);
    }
  }
  auto end = child.wait();
  co_return co_await std::move(end);
}

/// From the request to the moment when execve(2) has succeeded.
task<pid_t> bring_up(std::shared_ptr<supervision> owner, child_key key, spec_ptr spec, process& child,
                     bool& set_up_failed)
{
  if (spec->set_up()) {
    LINX_TRY(const pid_t pid, co_await child.ready());
    owner->set_up(key, pid);
    auto work = set_up(*spec, child);
    auto done = co_await std::move(work);
    if (!done) {
      // One that failed because the child had died is not the reason.
      set_up_failed = !has_ended(child);
      co_return std::move(done).error();
    }
  }
  LINX_TRYV(co_await child.proceed());
  co_return child.host_pid();
}

} // namespace

task<exit_status> run_child(std::shared_ptr<supervision> owner, child_key key, spec_ptr spec)
{
  auto options = spec->options();
  if (!spec->set_up()) options.auto_proceed();
  if (!std::as_const(options).kill_scope()) options.kill_scope(kill_scope::tree);
  LINX_TRY(auto child, co_await process::spawn(std::move(options)));
  const supervision::occupied_seat seat(owner, key, child);

  bool set_up_failed = false;
  auto up = co_await bring_up(owner, key, spec, child, set_up_failed);
  result<exit_status> how;
  if (up) {
    owner->running(key, up.assume_value());
    auto end = child.wait();
    how = co_await std::move(end);
  }

  const auto cancel = co_await asio::this_coro::cancellation_state;
  if (is_cancelled(cancel) && !has_ended(child)) {
    const auto policy = seat.is_condemned() ? shutdown_policy::kill() : spec->shutdown();
    auto stopping = stop(child, policy, spec->set_up() != nullptr);
    co_return co_await shielded(std::move(stopping));
  }
  if (up) co_return how;
  auto ending = kill_and_wait(child);
  how = co_await shielded(std::move(ending));
  if (set_up_failed) co_return std::move(up).error();
  co_return how;
}

} // namespace linx::detail
