#include <linx/process/supervisor_status.hpp>

#include <utility>

namespace linx {

std::string_view to_string(child_state state) noexcept
{
  switch (state) {
  case child_state::waiting:
    return "waiting";
  case child_state::starting:
    return "starting";
  case child_state::setting_up:
    return "setting_up";
  case child_state::running:
    return "running";
  case child_state::stopping:
    return "stopping";
  case child_state::backoff:
    return "backoff";
  case child_state::finished:
    return "finished";
  case child_state::stopped:
    break;
  }
  return "stopped";
}

std::string_view to_string(supervisor_state state) noexcept
{
  switch (state) {
  case supervisor_state::idle:
    return "idle";
  case supervisor_state::running:
    return "running";
  case supervisor_state::stopping:
    return "stopping";
  case supervisor_state::ended:
    break;
  }
  return "ended";
}

supervisor_event& supervisor_event::with_pid(pid_t pid) noexcept
{
  host_pid_ = pid;
  return *this;
}

supervisor_event& supervisor_event::with_outcome(result<exit_status> outcome)
{
  outcome_ = std::move(outcome);
  return *this;
}

supervisor_event& supervisor_event::with_delay(std::chrono::milliseconds delay) noexcept
{
  delay_ = delay;
  return *this;
}

std::string to_string(const supervisor_event& event)
{
  using kind = supervisor_event::kind;
  const auto name = event.child() + ": ";
  const auto pid = event.host_pid() ? " (pid " + std::to_string(event.host_pid()) + ')' : std::string();
  const auto how = [&] {
    const auto& outcome = *event.outcome();
    return outcome ? to_string(outcome.assume_value()) : outcome.assume_error().message();
  };
  switch (event.what()) {
  case kind::added:
    return name + "added";
  case kind::removed:
    return name + "removed";
  case kind::starting:
    return name + "starting";
  case kind::setting_up:
    return name + "setting up" + pid;
  case kind::running:
    return name + "running" + pid;
  case kind::stopping:
    return name + "stopping" + pid;
  case kind::ended:
    return name + "ended" + pid + ": " + how();
  case kind::restarting:
    return name + "restarting in " + std::to_string(event.delay().count()) + " ms";
  case kind::left_down:
    return name + "restarted too often, left down";
  case kind::gave_up:
    break;
  }
  return name + "restarted too often, the supervisor stops";
}

} // namespace linx
