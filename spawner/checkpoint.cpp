#include "checkpoint.hpp"

#include "process/protocol_park.hpp"

#include <asm/errno.h>

namespace linx::spawner {

int checkpoint::say_ready() noexcept
{
  wire::ready_record record{};
  record.header = {sizeof record, wire::version, 0, wire::frame_type::ready, 0};
  record.pid = static_cast<std::uint32_t>(sys::call(__NR_getpid));
  return send_patiently(socket_, &record, sizeof record, nullptr, 0);
}

checkpoint::word checkpoint::receive() noexcept
{
  std::byte* const far = the_child_room().datagram;
  received_message message;
  do {
    iovec parts[] = {{near_, sizeof near_}, {far + sizeof near_, wire::max_datagram - sizeof near_}};
    message = receive_message(socket_, parts, rights_, 0);
  } while (message.size == -EINTR);
  if (message.size <= 0) return word::aborted;

  fd_count_ = message.fds;
  id_ = 0;
  bytes frame{near_, static_cast<std::size_t>(message.size)};
  if (frame.size > sizeof near_) {
    __builtin_memcpy(far, near_, sizeof near_);
    frame.data = far;
  }
  if (frame.size < sizeof(wire::frame_header)) return word::malformed;
  const auto& header = frame.as<wire::frame_header>();
  id_ = header.id;
  const bool rehearses = header.type == wire::frame_type::rehearse;
  const bool proceeds = rehearses || header.type == wire::frame_type::proceed;
  const word refusal = proceeds ? word::malformed_proceed : word::malformed;
  if (message.truncated || message.fds_cut || !wire::is_neighbour(header.version) ||
      header.length != frame.size || header.fds != message.fds) {
    return refusal;
  }
  if (!proceeds && header.type != wire::frame_type::step) return word::malformed;

  steps_ = frame;
  steps_.take(sizeof header);
  step_rules rules;
  rules.after_marker = proceeds;
  rules.status_page = !proceeds;
  rules.fds = header.fds;
  if (check_steps(steps_, rules) != 0) return refusal;
  if (rehearses) return word::rehearse;
  return proceeds ? word::proceed : word::step;
}

void checkpoint::say_done(step_runner& runner, const step_runner::outcome& outcome) noexcept
{
  for (unsigned i = 0; i != fd_count_; ++i) sys::call(__NR_close, rights_.fds[i]);
  wire::done_record record{};
  const auto made = static_cast<std::uint8_t>(runner.socket_count());
  record.header = {sizeof record, wire::version, made, wire::frame_type::done, id_};
  record.error = outcome.error;
  record.where = outcome.where;
  record.step = outcome.index;
  const int error = send_patiently(socket_, &record, sizeof record, runner.sockets(), made);
  if (lacks_room(error) && made != 0) { // somebody waits for this answer
    record.header.fds = 0;
    record.error = error;
    record.where = wire::stage::socket;
    send_patiently(socket_, &record, sizeof record, nullptr, 0);
  }
  runner.forget_sockets(); // a host that is gone shows at the next receive()
}

void checkpoint::say_malformed(step_runner& runner) noexcept
{
  say_done(runner, {EINVAL, wire::stage::malformed, 0});
}

} // namespace linx::spawner
