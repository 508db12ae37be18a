#include <linx/process/event.hpp>
#include <linx/process/info.hpp>

#include <cstring>
#include <utility>

namespace linx {

namespace {

std::string signal_text(int signo)
{
  std::string text = "signal " + std::to_string(signo);
  if (const char* name = ::sigabbrev_np(signo)) text += std::string(" (SIG") + name + ')';
  return text;
}

process_event::kind kind_of(const result<exit_status>& outcome)
{
  if (!outcome) return process_event::kind::failed;
  switch (outcome.assume_value().what()) {
  case exit_status::kind::exited:
    return process_event::kind::exited;
  case exit_status::kind::signaled:
    return process_event::kind::signaled;
  case exit_status::kind::aborted:
    break;
  }
  return process_event::kind::aborted;
}

} // namespace

std::string to_string(exit_status status)
{
  switch (status.what()) {
  case exit_status::kind::exited:
    return "exited with code " + std::to_string(status.code());
  case exit_status::kind::signaled:
    return "killed by " + signal_text(status.signal()) + (status.core_dumped() ? ", core dumped" : "");
  case exit_status::kind::aborted:
    break;
  }
  return "aborted at the checkpoint";
}

std::string_view to_string(process_state state) noexcept
{
  switch (state) {
  case process_state::starting:
    return "starting";
  case process_state::spawned:
    return "spawned";
  case process_state::ready:
    return "ready";
  case process_state::running:
    return "running";
  case process_state::exited:
    return "exited";
  case process_state::signaled:
    return "signaled";
  case process_state::aborted:
    return "aborted";
  case process_state::failed:
    break;
  }
  return "failed";
}

process_event process_event::ended(pid_t host_pid, result<exit_status> outcome)
{
  process_event event(kind_of(outcome), host_pid);
  event.outcome_ = std::move(outcome);
  return event;
}

std::string to_string(const process_event& event)
{
  const std::string pid = " (pid " + std::to_string(event.host_pid()) + ')';
  switch (event.what()) {
  case process_event::kind::ready:
    return "ready" + pid;
  case process_event::kind::running:
    return "running" + pid;
  case process_event::kind::failed:
    return "failed: " + event.outcome().error().message();
  default:
    break;
  }
  return to_string(event.outcome().assume_value());
}

} // namespace linx
