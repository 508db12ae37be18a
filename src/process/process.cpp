#include <linx/process/process.hpp>

#include "core/operation.hpp"
#include "process/path_search.hpp"
#include "process/session.hpp"
#include "process/session_events.hpp"
#include "process/session_step.hpp"
#include "process/spawner_client.hpp"

#include <utility>

namespace linx {

namespace {

using detail::ended;
using detail::session;

using session_ptr = std::shared_ptr<session>;

task<exit_status> await_end(session_ptr s)
{
  const auto& machine = s->machine();
  while (!machine.terminal()) {
    LINX_TRYV(co_await ended(s));
  }
  co_return *machine.outcome();
}

} // namespace

task<process> process::spawn(process_options options)
{
  const auto cancel = co_await asio::this_coro::cancellation_state;
  if (detail::is_cancelled(cancel)) co_return errc::cancelled;
  const executor home = co_await asio::this_coro::executor;
  LINX_TRYV(detail::find_program(options));
  LINX_TRY(auto state, detail::start_session(home, options, std::nullopt));
  process child(std::move(state));
  co_return std::move(child);
}

task<process> process::enter(enter_target target, process_options options)
{
  const auto cancel = co_await asio::this_coro::cancellation_state;
  if (detail::is_cancelled(cancel)) co_return errc::cancelled;
  const executor home = co_await asio::this_coro::executor;
  LINX_TRYV(detail::find_program(options));
  const std::optional<enter_target> where(std::move(target));
  LINX_TRY(auto state, detail::start_session(home, options, where));
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
  // If the context is gone, and with it the control socket, the orphan policy applies.
  if (state_) state_->at_home([state = state_] { state->drop(); });
}

result<pid_t> process::host_pid() const
{
  if (const pid_t pid = state_->machine().host_pid()) return pid;
  return error(errc::not_ready, stage::argument).with_object("host_pid; the child does not exist yet");
}

task<pid_t> process::ready()
{
  return detail::operation<pid_t>(state_, detail::await_ready(state_));
}
task<> process::proceed()
{
  return detail::operation<void>(state_, detail::await_running(state_));
}
task<exit_status> process::wait()
{
  return detail::operation<exit_status>(state_, await_end(state_));
}

result<> process::abort()
{
  return state_->abort();
}
result<> process::kill()
{
  return state_->kill();
}
result<> process::kill_rest()
{
  return state_->kill_rest();
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

result<ns::handle> process::namespace_handle(ns::kind kind) const
{
  BOOST_OUTCOME_TRY(const int pidfd, state_->living_pidfd());
  if (kind == ns::kind::net && !state_->machine().moved_in())
    return error(errc::not_ready, stage::argument)
        .with_object(
            "namespace_handle; the child is about to make its network namespace, await ready() first");
  return ns::handle::from_pidfd(kind, pidfd);
}

result<int> process::proc_dir() const
{
  return state_->proc_dir();
}

result<io::pipe_writer> process::stdin_pipe()
{
  const executor home = state_->get_executor();
  if (!home) return errc::closed;
  BOOST_OUTCOME_TRY(auto end, state_->take_pipe(0));
  return io::pipe_writer::adopt(home, std::move(end));
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
