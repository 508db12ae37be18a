#include "process/session_step.hpp"

#include "core/operation.hpp"

#include <utility>

namespace linx::detail {

namespace {

task<> woken(std::shared_ptr<session> s, wait_list& list)
{
  const auto cancel = co_await asio::this_coro::cancellation_state;
  if (is_cancelled(cancel)) co_return errc::cancelled;
  waiter waiting(list);
  co_await waiting.park();
  if (s->is_shut_down() || s->dropped()) co_return errc::closed;
  if (waiting.reason() == wake_reason::cancelled) co_return errc::cancelled;
  co_return success();
}

error aborted_before(const char* verb)
{
  return error(errc::no_process, stage::argument)
      .with_object(std::string(verb) + "; the process was aborted");
}

} // namespace

task<> changed(std::shared_ptr<session> s)
{
  wait_list& list = s->waiters;
  return woken(std::move(s), list);
}

task<> ended(std::shared_ptr<session> s)
{
  wait_list& list = s->end_waiters;
  return woken(std::move(s), list);
}

task<pid_t> await_ready(std::shared_ptr<session> s)
{
  const auto& machine = s->machine();
  for (;;) {
    if (machine.was_ready()) co_return machine.host_pid();
    if (machine.terminal()) {
      if (machine.outcome()->has_error()) co_return machine.outcome()->error();
      co_return aborted_before("ready");
    }
    LINX_TRYV(co_await changed(s));
  }
}

task<> await_running(std::shared_ptr<session> s)
{
  const auto& machine = s->machine();
  LINX_TRYV(s->proceed());
  for (;;) {
    if (machine.was_running()) co_return success();
    if (machine.terminal()) {
      if (machine.outcome()->has_error()) co_return machine.outcome()->error();
      co_return aborted_before("proceed");
    }
    LINX_TRYV(co_await changed(s));
  }
}

task<std::vector<io::unique_fd>> run_steps(std::shared_ptr<session> s, step_list steps, std::string object)
{
  LINX_TRYV(s->may_configure(object.c_str()));
  LINX_TRY(const std::uint64_t id, s->channel().send_step(steps, std::move(object)));
  for (;;) {
    if (auto answer = s->channel().take_answer(id)) co_return std::move(*answer);
    auto parked = co_await changed(s);
    if (!parked) {
      // The last word: an answer that came together with the cancel counts.
      if (auto answer = s->channel().take_answer(id)) co_return std::move(*answer);
      s->channel().forget_step(id);
      co_return std::move(parked).error();
    }
  }
}

} // namespace linx::detail
