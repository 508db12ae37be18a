/// Births that stop a worker, and the one that takes over from it: see worker.hpp.
#pragma once

#include "process_maker.hpp"
#include "state.hpp"

namespace linx::spawner {

/// Makes sure that somebody stands by. False: all hang, or there can be no more threads.
bool ensure_standby(state&) noexcept;

/// make_process() with CLONE_VFORK. Afterwards the worker may no longer be on duty. Then it may not touch the
/// state or the descriptors, which another one uses, and has to deposit() its outcome.
long make_and_wait(state&, worker&, clone_order, void (*entry)(void*), void* argument) noexcept;

inline bool is_on_duty(const worker& worker) noexcept
{
  return load_duty(worker) == duty::free;
}

[[noreturn]] void deposit(state&, worker&, const birth&) noexcept;

/// Whether a child may exist that is not among the children yet.
inline bool somebody_hangs(const state& state) noexcept
{
  return __atomic_load_n(&state.hanging, __ATOMIC_SEQ_CST) != 0;
}

} // namespace linx::spawner
