/// The host's end of a child's checkpoint: what is said over it, to and fro.
#pragma once

#include "core/handler_memory.hpp"
#include "process/datagram.hpp"
#include "process/protocol.hpp"
#include "process/step_list.hpp"

#include <linx/core/task.hpp>

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace linx::detail {

// What a child says.
struct nothing_said {};
struct ready_said {
  pid_t pid; ///< as the child sees it
};
struct step_answered {};
struct channel_ended {};
using child_word = std::variant<nothing_said, ready_said, step_answered, channel_ended>;

/// The checkpoint socket, the steps that are under way, and the last word. All members on the executor of the
/// session that owns it, and which its handlers keep alive; none of its own, since it may outlive the
/// context.
class child_channel {
public:
  child_channel() noexcept = default;

  /// Of a child that another controller may have had: its spawner is of that version, the ids of the steps
  /// begin behind that one, and an answer for somebody else may have lost its descriptors.
  child_channel(std::uint8_t version, std::uint64_t last_step) noexcept
      : version_(version), is_handed_over_(true), last_step_(last_step)
  {}

  /// Errors: stage `socketpair`.
  result<> open(const executor& home, io::unique_fd host_end);
  bool is_open() const noexcept { return socket_.has_value(); }
  int native_handle() { return socket_->native_handle(); } // while it is open
  void close() noexcept { socket_.reset(); }
  /// In a copy of the host that fork(2) made.
  void close_copy();
  /// The child hears that nobody is there any more, and leaves.
  void hang_up();

  /// What it has said next. Errors: stage `protocol`, it is not linx's, or not any more.
  result<child_word> read();

  /// Handlers are `void (error_code)`; one for each direction at a time needs no memory.
  template <class Handler>
  void when_readable(Handler handler)
  {
    socket_->async_wait(asio::posix::descriptor_base::wait_read,
                        asio::bind_allocator(handler_allocator<void>(reader_memory_), std::move(handler)));
  }
  template <class Handler>
  void when_writable(Handler handler)
  {
    socket_->async_wait(asio::posix::descriptor_base::wait_write,
                        asio::bind_allocator(handler_allocator<void>(writer_memory_), std::move(handler)));
  }
  /// For another wait of the owner, when nothing is to be written any more.
  handler_memory& spare_memory() noexcept { return writer_memory_; }

  /// Sends a STEP. Errors: stage `send`, `EAGAIN` with some hundred steps unanswered.
  result<std::uint64_t> send_step(const step_list&, std::string object);
  /// What DONE said; nothing yet while the child is at it.
  std::optional<result<std::vector<io::unique_fd>>> take_answer(std::uint64_t step);
  void forget_step(std::uint64_t step) noexcept { steps_.erase(step); }
  /// Answers those that the child has not answered, and will not.
  void give_up_steps(errc why) noexcept;

  /// Steps that go with PROCEED.
  void append_last_steps(const step_list& steps) { last_steps_ = steps; }
  /// PROCEED or REHEARSE. Errors: stage `send`, `EAGAIN` while the socket is full of steps.
  result<> send_last_word(wire::frame_type);

private:
  struct step_state {
    std::string object; // of all of it
    std::vector<step_object> objects;
    std::optional<result<std::vector<io::unique_fd>>> answer;
  };

  result<child_word> read_frame(std::span<const std::byte> datagram, received);
  void answer(const wire::done_record&, received);

  std::uint8_t version_ = wire::version;
  bool is_handed_over_ = false;
  std::optional<asio::posix::stream_descriptor> socket_;
  handler_memory reader_memory_, writer_memory_;
  std::uint64_t last_step_ = 0;
  step_list last_steps_;
  std::map<std::uint64_t, step_state> steps_;
};

} // namespace linx::detail
