#include <linx/process/process.hpp>

#include "core/operation.hpp"
#include "process/session.hpp"
#include "process/session_events.hpp"
#include "process/spawner_client.hpp"

#include <boost/asio/dispatch.hpp>

#include <algorithm>
#include <utility>

namespace linx {

namespace {

using detail::session;

using session_ptr = std::shared_ptr<session>;

error aborted_before(const char* verb)
{
  return error(errc::no_process, stage::argument)
      .with_object(std::string(verb) + "; the process was aborted");
}

/// Parks until the machine has changed. An error ends the task that called it.
task<> changed(session_ptr s)
{
  const auto cancel = co_await asio::this_coro::cancellation_state;
  if (detail::is_cancelled(cancel)) co_return errc::cancelled;
  detail::waiter waiting(s->waiters);
  co_await waiting.park();
  if (s->is_shut_down() || s->dropped()) co_return errc::closed;
  if (waiting.reason() == detail::wake_reason::cancelled) co_return errc::cancelled;
  co_return success();
}

task<pid_t> await_ready(session_ptr s)
{
  const auto& machine = s->machine();
  for (;;) {
    if (machine.was_ready()) co_return machine.host_pid();
    if (machine.terminal()) {
      if (machine.outcome()->has_error()) co_return machine.outcome()->error();
      co_return aborted_before("ready");
    }
    BOOST_OUTCOME_CO_TRYV(co_await changed(s));
  }
}

task<> await_running(session_ptr s)
{
  const auto& machine = s->machine();
  BOOST_OUTCOME_CO_TRYV(s->proceed());
  for (;;) {
    if (machine.was_running()) co_return success();
    if (machine.terminal()) {
      if (machine.outcome()->has_error()) co_return machine.outcome()->error();
      co_return aborted_before("proceed");
    }
    BOOST_OUTCOME_CO_TRYV(co_await changed(s));
  }
}

task<exit_status> await_end(session_ptr s)
{
  const auto& machine = s->machine();
  while (!machine.terminal()) {
    BOOST_OUTCOME_CO_TRYV(co_await changed(s));
  }
  co_return *machine.outcome();
}

task<> write_map(session_ptr s, id_map map, bool users)
{
  BOOST_OUTCOME_CO_TRYV(s->may_configure(users ? "set_uid_map" : "set_gid_map"));
  BOOST_OUTCOME_CO_TRY(const std::string text, map.text());
  co_return users ? s->write_uid_map(text) : s->write_gid_map(text);
}

/// One step of the parked child, answered by its descriptor if it has one.
task<io::unique_fd> run_step(session_ptr s, detail::step_list steps, std::string object)
{
  BOOST_OUTCOME_CO_TRYV(s->may_configure(object.c_str()));
  BOOST_OUTCOME_CO_TRY(const std::uint64_t id, s->send_step(steps, std::move(object)));
  for (;;) {
    if (auto answer = s->take_answer(id)) co_return std::move(*answer);
    auto parked = co_await changed(s);
    if (!parked) {
      // The last word: an answer that came together with the cancel counts.
      if (auto answer = s->take_answer(id)) co_return std::move(*answer);
      s->forget_step(id);
      co_return std::move(parked).error();
    }
  }
}

task<> run_plain_step(session_ptr s, detail::step_list steps, std::string object)
{
  BOOST_OUTCOME_CO_TRYV(co_await run_step(std::move(s), std::move(steps), std::move(object)));
  co_return success();
}

task<> name_host(session_ptr s, std::string name)
{
  const auto namespaces = s->info().namespaces;
  if (std::ranges::find(namespaces, ns::kind::uts) == namespaces.end())
    co_return error::argument("set_hostname '" + name +
                              "'; the child shares the host's name, add unshare(ns::kind::uts)");
  if (name.empty() || name.size() > 64 || name.find('\0') != name.npos)
    co_return error::argument("set_hostname '" + name + "'; 1 to 64 bytes without NUL");
  detail::step_list steps;
  steps.add_text(wire::stage::hostname, name);
  co_return co_await run_plain_step(std::move(s), std::move(steps), "set_hostname '" + name + "'");
}

} // namespace

task<process> process::spawn(process_options options)
{
  const auto cancel = co_await asio::this_coro::cancellation_state;
  if (detail::is_cancelled(cancel)) co_return errc::cancelled;
  const executor home = co_await asio::this_coro::executor;
  BOOST_OUTCOME_CO_TRY(auto state, detail::start_session(home, options, std::nullopt));
  process child(std::move(state));
  co_return std::move(child);
}

task<process> process::enter(enter_target target, process_options options)
{
  const auto cancel = co_await asio::this_coro::cancellation_state;
  if (detail::is_cancelled(cancel)) co_return errc::cancelled;
  const executor home = co_await asio::this_coro::executor;
  const std::optional<enter_target> where(std::move(target));
  BOOST_OUTCOME_CO_TRY(auto state, detail::start_session(home, options, where));
  process child(std::move(state));
  co_return std::move(child);
}

void process::refresh(const executor& ex)
{
  detail::retire_spawner(ex);
}

process::process(session_ptr state) noexcept : state_(std::move(state)) {}
process::process(process&&) noexcept = default;

process& process::operator=(process&& other) noexcept
{
  process former(std::move(*this));
  state_ = std::move(other.state_);
  return *this;
}

process::~process()
{
  if (!state_) return;
  const executor home = state_->get_executor();
  if (!home) return; // the context is gone, and with it the control socket: the orphan policy applies
  asio::dispatch(home, [state = std::move(state_)] { state->drop(); });
}

result<pid_t> process::host_pid() const
{
  if (const pid_t pid = state_->machine().host_pid()) return pid;
  return error(errc::not_ready, stage::argument).with_object("host_pid; the child does not exist yet");
}

task<pid_t> process::ready()
{
  return detail::operation<pid_t>(state_, await_ready(state_));
}
task<> process::proceed()
{
  return detail::operation<void>(state_, await_running(state_));
}
task<exit_status> process::wait()
{
  return detail::operation<exit_status>(state_, await_end(state_));
}

result<> process::abort()
{
  return state_->abort();
}
result<> process::signal(int signo)
{
  return state_->signal(signo);
}
result<> process::detach()
{
  return state_->detach();
}
process_info process::info() const
{
  return state_->info();
}

stream<process_event> process::events()
{
  return detail::session_events(state_);
}

task<> process::set_uid_map(id_map map)
{
  return detail::operation<void>(state_, write_map(state_, std::move(map), true));
}

task<> process::set_gid_map(id_map map)
{
  return detail::operation<void>(state_, write_map(state_, std::move(map), false));
}

task<> process::set_hostname(std::string name)
{
  return detail::operation<void>(state_, name_host(state_, std::move(name)));
}

task<> process::no_new_privs()
{
  detail::step_list steps;
  steps.add(wire::stage::no_new_privs);
  return detail::operation<void>(state_, run_plain_step(state_, std::move(steps), "no_new_privs"));
}

task<io::unique_fd> process::open_socket(int domain, int type, int protocol)
{
  detail::step_list steps;
  steps.add_value(wire::stage::socket, wire::step_socket{domain, type, protocol, 0});
  return detail::operation<io::unique_fd>(state_, run_step(state_, std::move(steps), "open_socket"));
}

result<ns::handle> process::namespace_handle(ns::kind kind) const
{
  BOOST_OUTCOME_TRY(const int dir, state_->proc_dir());
  if (kind == ns::kind::net && !state_->machine().moved_in())
    return error(errc::not_ready, stage::argument)
        .with_object(
            "namespace_handle; the child is about to make its network namespace, await ready() first");
  return ns::handle::from_proc_dir(kind, dir);
}

result<int> process::proc_dir() const
{
  return state_->proc_dir();
}

result<asio::posix::stream_descriptor> process::stdin_pipe()
{
  return pipe_end(0);
}
result<asio::posix::stream_descriptor> process::stdout_pipe()
{
  return pipe_end(1);
}
result<asio::posix::stream_descriptor> process::stderr_pipe()
{
  return pipe_end(2);
}

result<pty> process::terminal() const
{
  if (const auto& tty = state_->tty()) return pty(tty);
  return error(errc::no_pty, stage::argument).with_object("terminal");
}

result<asio::posix::stream_descriptor> process::pipe_end(int number)
{
  const executor home = state_->get_executor();
  if (!home) return errc::closed;
  BOOST_OUTCOME_TRY(auto end, state_->take_pipe(number));
  asio::posix::stream_descriptor pipe(home);
  error_code failed;
  pipe.assign(end.get(), failed);
  if (failed) return error(failed, stage::open).with_object("pipe of a standard stream");
  (void)end.release();
  return pipe;
}

} // namespace linx
