/// Performs steps in the child that is being set up.
#pragma once

#include "child_room.hpp"
#include "parent_watch.hpp"
#include "step_list.hpp"

namespace linx::spawner {

class step_runner {
public:
  explicit step_runner(parent_watch& watch) noexcept : watch_(watch) {}

  struct outcome {
    int error = 0;
    wire::stage where = wire::stage::none;
    std::uint16_t index = 0;
  };

  /// In a user namespace that others were in before.
  bool among_strangers = false;

  /// Where the steps that were taken are noted.
  wire::status_slot* slot = nullptr;

  /// Whose steps: with an init the workload makes its own session, and the init stays out of it.
  enum class actor { itself, init, workload };

  /// Performs the steps that are due at this time, in order, up to the first that fails. `fds`: those that
  /// all steps of the list take.
  outcome run(bytes list, const int* fds, due when, actor who = actor::itself) noexcept;

  /// The sockets that were made since the last forget_sockets(), in the order of their steps.
  const int* sockets() const noexcept { return sockets_; }
  unsigned socket_count() const noexcept { return socket_count_; }
  void forget_sockets() noexcept;

private:
  int perform(const step&, const int* fds) noexcept;
  int make_socket(const wire::step_socket&) noexcept;
  int set_ids(const wire::step_ids&) noexcept;
  int set_oom_score(std::int32_t) noexcept;
  void note(wire::stage) noexcept;

  parent_watch& watch_;
  unsigned socket_count_ = 0;
  int* const sockets_ = the_child_room().sockets;
};

} // namespace linx::spawner
