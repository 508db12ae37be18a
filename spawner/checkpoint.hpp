/// The child's end of the checkpoint socket.
#pragma once

#include "child_room.hpp"
#include "step_runner.hpp"

namespace linx::spawner {

class checkpoint {
public:
  explicit checkpoint(int socket) noexcept : socket_(socket) {}

  /// Sends READY: 0 or the errno.
  int say_ready() noexcept;

  enum class word { step, proceed, rehearse, malformed, malformed_proceed, aborted };
  /// Waits for the host's next frame. Its steps() and fds() are valid until the next call of say_...().
  word receive() noexcept;

  bytes steps() const noexcept { return steps_; }
  const int* fds() const noexcept { return rights_.fds; }

  /// Answer the frame and close what came with it and what was made for it.
  void say_done(step_runner&, const step_runner::outcome&) noexcept;
  void say_malformed(step_runner&) noexcept;

private:
  int socket_;
  unsigned fd_count_ = 0;
  std::uint64_t id_ = 0;
  bytes steps_;
  rights& rights_ = the_child_room().received;
  /// What every PROCEED and most STEPs fit into: no page of the child room is touched for them.
  alignas(8) std::byte near_[128];
};

} // namespace linx::spawner
