// What the holder of a handle asks of a session.

#include "process/session.hpp"
#include "process/spawner_client.hpp"

#include <new>
#include <utility>

namespace linx::detail {

result<> session::proceed()
{
  BOOST_OUTCOME_TRY(auto todo, machine_.proceed());
  perform(std::move(todo));
  return success();
}

result<> session::rehearse()
{
  BOOST_OUTCOME_TRY(auto todo, machine_.rehearse());
  perform(std::move(todo));
  return success();
}

result<> session::abort()
{
  notice_privilege(get_executor());
  BOOST_OUTCOME_TRY(auto todo, machine_.abort());
  perform(std::move(todo));
  return success();
}

result<> session::kill()
{
  notice_privilege(get_executor());
  BOOST_OUTCOME_TRY(auto todo, machine_.kill());
  perform(std::move(todo));
  return success();
}

result<> session::kill_rest()
{
  if (machine_.terminal()) return error(errc::no_process, stage::argument).with_object("kill_rest");
  if (plan_.scope != kill_scope::process) link_->post(encode_kill_rest(id_), {});
  return success();
}

result<> session::signal(int signo)
{
  notice_privilege(get_executor());
  if (signo >= 1 && signo <= 64 && machine_.was_running() && !machine_.terminal()) return send_signal(signo);
  BOOST_OUTCOME_TRY(auto todo, machine_.signal(signo));
  perform(std::move(todo));
  return success();
}

result<> session::detach()
{
  notice_privilege(get_executor());
  BOOST_OUTCOME_TRY(auto todo, machine_.detach());
  let_outlive();
  perform(std::move(todo));
  return success();
}

/// The spawner knows a child by its pid; before it has one, take() comes back here.
void session::let_outlive()
{
  if (!machine_.detached() || machine_.host_pid() == 0) return;
  link_->post(encode_orphan(id_, machine_.host_pid(), orphan_policy::outlive()), {});
}

void session::drop() noexcept
{
  dropped_ = true;
  if (is_shut_down()) return;
  try {
    if (is_attached())
      let_go();
    else
      perform(machine_.drop());
  } catch (const std::bad_alloc&) {
    out_of_memory();
  }
  waiters.wake_all();
  end_waiters.wake_all();
}

} // namespace linx::detail
