#include "service.hpp"

#include "birth.hpp"
#include "descriptors.hpp"
#include "kill_scope.hpp"
#include "message.hpp"
#include "orphans.hpp"
#include "parking.hpp"
#include "reaping.hpp"
#include "request.hpp"
#include "signals.hpp"
#include "watch.hpp"

#include <asm/errno.h>
#include <asm/signal.h>

namespace linx::spawner {

namespace {

void change_orphan_policy(state& state, const frame& frame) noexcept
{
  const auto& wanted = frame.data.as<wire::orphan_request>();
  if (frame.data.size != sizeof wanted || wanted.orphan > wire::orphan_policy::outlive) return;
  child_record* const child = state.children.find(wanted.pid);
  if (child == nullptr || child->id != wanted.header.id) return; // it has exited meanwhile
  child->orphan = wanted.orphan;
  child->grace_ms = wanted.grace_ms;
}

void kill_child(state& state, std::uint64_t id) noexcept
{
  state.children.for_each([id](const child_record& child) {
    if (child.id == id) end_scope(child);
  });
  if (!somebody_hangs(state)) return;
  for (worker& each : state.crew) {
    const duty at = load_duty(each);
    if ((at != duty::overtaken && at != duty::done) || each.head().header.id != id) continue;
    each.kill_wanted = true; // what is being made, or is made and not told yet
    if (at == duty::overtaken && each.hanging > 0) sys::call(__NR_kill, each.hanging, SIGKILL);
  }
}

void kill_rest_of_child(state& state, std::uint64_t id) noexcept
{
  state.children.for_each([id](child_record& child) {
    if (child.id == id) child.kill_rest = true;
  });
}

void handle(state& state, const frame& frame) noexcept
{
  const auto& header = frame.data.as<wire::frame_header>();
  const bool from_host = state.control.from().pid == state.host.host_pid;
  if (state.parked.is_kept) return; // there is no host any more
  switch (header.type) {
  case wire::frame_type::spawn:
    return give_birth(state, frame);
  case wire::frame_type::orphan:
    return from_host ? change_orphan_policy(state, frame) : void();
  case wire::frame_type::kill:
    return from_host ? kill_child(state, header.id) : void();
  case wire::frame_type::kill_rest:
    return from_host ? kill_rest_of_child(state, header.id) : void();
  case wire::frame_type::park:
    return from_host ? park(state, frame) : void();
  default:
    return refuse(state, header.id, wire::stage::malformed, EINVAL);
  }
}

void handle_malformed(state& state, const frame& frame) noexcept
{
  const bool has_header = frame.data.size >= sizeof(wire::frame_header);
  const std::uint64_t id = has_header ? frame.data.as<wire::frame_header>().id : 0;
  if (state.control.lost_descriptors()) return refuse(state, id, wire::stage::fd_pass, EMFILE);
  refuse(state, id, wire::stage::malformed, EINVAL);
}

/// Deals with the frames of the datagram at hand, as far as their answers can be sent. The births of those
/// who were relieved come first: one of them may be who serves now, and cannot begin the next while its own
/// waits to be told.
void handle_frames(state& state) noexcept
{
  if (somebody_hangs(state)) conclude_births(state);
  frame next;
  while (!state.control.blocked()) {
    switch (state.control.next(next)) {
    case control_socket::reading::frame:
      handle(state, next);
      break;
    case control_socket::reading::malformed:
      handle_malformed(state, next);
      break;
    case control_socket::reading::end:
      state.control.close_received();
      return;
    }
  }
}

/// Nothing will be made for the host any more, since it is somebody else now, and all that was made has
/// ended.
bool is_of_no_use(const state& state) noexcept
{
  const control_socket& control = state.control;
  return state.host.changed && state.children.count() == 0 && !control.blocked() && !control.has_frames();
}

} // namespace

void hear_out(state& state) noexcept
{
  handle_frames(state);
  while (!state.control.blocked() && state.control.receive()) handle_frames(state);
}

void serve(state& state) noexcept
{
  control_socket& control = state.control;
  handle_frames(state); // what the one that hangs has left
  while (!control.is_closed() && !is_of_no_use(state) && !state.parked.is_kept) {
    const bool blocked = control.blocked();
    pollfd set[] = {
        {fd::control, static_cast<short>(blocked ? (control.retry_by_time() ? 0 : POLLOUT) : POLLIN), 0},
        {fd::host, POLLIN, 0},
        {fd::signals, POLLIN, 0}};
    if (sys::poll(set, 3, blocked && control.retry_by_time() ? room_pause_ms : sys::for_ever) < 0) {
      sys::sleep_us(pause_without_poll_us);
      set[0].revents = POLLIN; // none of these reads waits
      set[2].revents = POLLIN;
    }

    constexpr short gone = POLLHUP | POLLERR | POLLNVAL;
    if ((set[0].revents & gone) != 0 || set[1].revents != 0) break;
    if (set[2].revents != 0) {
      forget_signals();
      state.exits_pending = true;
    }
    if (blocked) {
      control.flush();
      handle_frames(state);
    }
    if (somebody_hangs(state)) conclude_births(state);
    if (state.exits_pending) report_exits(state);
    if ((set[0].revents & POLLIN) != 0 && !control.blocked() && control.receive()) handle_frames(state);
  }
  if (state.parked.is_kept) return keep_parked(state);
  end_orphans(state);
}

} // namespace linx::spawner
