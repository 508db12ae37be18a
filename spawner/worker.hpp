/// The spawner's threads, of which one serves.
///
/// A child that shares this memory, and a setns helper, stop the one that makes them until they have executed
/// or are gone (CLONE_VFORK), and a file system may let them wait for ever. The others stand by. When the one
/// that serves has waited for too long, another takes over from it: with all the state, and the rest of the
/// datagram. Its own birth it brings to an end when it can, hands the outcome to whoever serves then, and
/// stands by itself. A timer is all that this costs a birth that does not hang, one in 300 ms at most.
#pragma once

#include "layout.hpp"
#include "request_area.hpp"

namespace linx::spawner {

/// A child that was made, or why there is none.
struct birth {
  int pid = 0;
  int pidfd = -1;
  int error = 0;
  wire::stage where = wire::stage::none;
  std::uint16_t step = 0;
  std::uint16_t request_slot = 0;
  std::uint32_t owner = 0;
  bool introduces_itself = false;
};

/// Lies in zeroed memory.
struct worker {
  /// The lowest two bits are a duty; above them is a count, so that no two waits are alike.
  std::uint32_t duty;
  bool exists;
  bool kill_wanted;     // by the host, of the child that hangs
  std::int32_t hanging; // the pid that it waits for
  std::int32_t number;
  birth outcome;   // with duty::done
  child_note note; // of a child that shares this memory

  alignas(8) std::byte request[wire::max_spawn];               // that it is at
  wire::status_slot slot;                                      // of a child that shares this memory
  alignas(4096) std::byte child_stack[layout::own_stack_size]; // its stack
  alignas(4096) std::byte stack[layout::own_stack_size];

  const wire::spawn_request& head() const noexcept
  {
    return *reinterpret_cast<const wire::spawn_request*>(request);
  }
};

enum class duty : std::uint32_t { free = 0, waiting = 1, overtaken = 2, done = 3 };

constexpr duty duty_of(std::uint32_t word) noexcept
{
  return static_cast<duty>(word & 3);
}

inline duty load_duty(const worker& worker) noexcept
{
  return duty_of(__atomic_load_n(&worker.duty, __ATOMIC_SEQ_CST));
}

} // namespace linx::spawner
