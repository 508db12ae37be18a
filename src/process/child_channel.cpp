#include "process/child_channel.hpp"

#include "core/with_words.hpp"
#include "process/close_copy.hpp"
#include "process/decode.hpp"
#include "process/encode.hpp"
#include "process/protocol_stage.hpp"

#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <utility>

namespace linx::detail {

namespace {

// DONE and READY are 24 bytes; a child that sends more is not ours.
constexpr std::size_t longest_child_frame = 256;

error wrong_message(std::string_view what)
{
  return error(errc::protocol, stage::protocol)
      .with_object("message of the parked child: " + std::string(what));
}

} // namespace

result<> child_channel::open(const executor& home, io::unique_fd host_end)
{
  error_code failed;
  socket_.emplace(home);
  socket_->assign(host_end.get(), failed);
  if (failed) return error(failed, stage::socketpair).with_object("checkpoint socket");
  (void)host_end.release();
  return success();
}

void child_channel::close_copy()
{
  detail::close_copy(socket_);
}

void child_channel::hang_up()
{
  if (socket_) ::shutdown(socket_->native_handle(), SHUT_WR);
}

result<child_word> child_channel::read()
{
  std::array<std::byte, longest_child_frame> buffer;
  auto got = receive_datagram(socket_->native_handle(), buffer);
  if (!got && got.error().errnum() == EAGAIN) return child_word(nothing_said());
  if (!got && got.error() == errc::truncated)
    return wrong_message("more than " + std::to_string(buffer.size()) + " bytes");
  if (!got || got.assume_value().bytes == 0) return child_word(channel_ended());
  const std::span<const std::byte> datagram(buffer.data(), got.assume_value().bytes);
  auto word = read_frame(datagram, std::move(got).assume_value());
  if (!word) return wrong_message(word.error().object());
  return word;
}

result<child_word> child_channel::read_frame(std::span<const std::byte> datagram, received got)
{
  frame_reader frames(datagram, wire::max_fds, is_handed_over_); // some may be lost; looked at below
  BOOST_OUTCOME_TRY(const frame_view frame, *frames.next());     // a datagram that is read is not empty
  if (frame.header.type == wire::frame_type::ready) {
    BOOST_OUTCOME_TRY(const auto record, read_record<wire::ready_record>(frame));
    return child_word(ready_said{static_cast<pid_t>(record.pid)});
  }
  if (frame.header.type != wire::frame_type::done)
    return error(errc::protocol, stage::protocol)
        .with_object("frame of type " + std::to_string(static_cast<unsigned>(frame.header.type)));
  BOOST_OUTCOME_TRY(const auto record, read_record<wire::done_record>(frame));
  answer(record, std::move(got));
  return child_word(step_answered());
}

void child_channel::answer(const wire::done_record& record, received got)
{
  const auto found = steps_.find(record.header.id);
  if (found == steps_.end()) return; // whoever asked was cancelled
  auto& step = found->second;
  if (record.error != 0) {
    const auto* object = find_object(step.objects, record.where, record.step);
    step.answer = error::from_errno(record.error, wire::to_stage(record.where))
                      .with_object(object ? *object : step.object);
  } else if (record.header.fds > got.fds.size()) {
    step.answer =
        error::from_errno(got.lost ? got.lost : EMFILE, stage::fd_pass).with_object(std::move(step.object));
  } else {
    step.answer = std::move(got.fds);
  }
}

result<std::uint64_t> child_channel::send_step(const step_list& steps, std::string object)
{
  if (sizeof(wire::frame_header) + steps.bytes().size() > wire::max_datagram)
    return error::argument(object.substr(0, 80) + "; more than 64 KiB of arguments");
  if (steps.fds() > wire::max_fds) return error::argument(object.substr(0, 80) + "; too many descriptors");
  const std::uint64_t id = ++last_step_;
  const auto frame = encode_steps(wire::frame_type::step, id, steps, version_);
  // Before it is sent: from then on there is an answer.
  const auto waits = steps_.emplace(id, step_state{object, steps.objects(), std::nullopt}).first;
  auto sent = send_datagram(socket_->native_handle(), frame, steps.descriptors());
  if (sent) return id;
  steps_.erase(waits);
  if (peer_has_gone(sent.error())) return error(errc::no_process, stage::send).with_object(std::move(object));
  return std::move(sent).error().with_object(std::move(object));
}

std::optional<result<std::vector<io::unique_fd>>> child_channel::take_answer(std::uint64_t id)
{
  const auto found = steps_.find(id);
  if (found == steps_.end() || !found->second.answer) return std::nullopt;
  auto answer = std::move(found->second.answer);
  steps_.erase(found);
  return answer;
}

void child_channel::give_up_steps(errc why) noexcept
{
  for (auto& [id, step] : steps_) {
    if (step.answer) continue;
    step.answer = with_words(error(why, stage::receive), [&step] { return std::move(step.object); });
  }
}

result<> child_channel::send_last_word(wire::frame_type what)
{
  const auto frame = encode_steps(what, 0, last_steps_, version_);
  auto sent = send_datagram(socket_->native_handle(), frame);
  if (!sent && peer_has_gone(sent.error())) return success(); // it has died: end of file tells
  return sent;
}

} // namespace linx::detail
