/// clone3(2), or clone(2) where a container's seccomp profile answers ENOSYS to clone3.
#pragma once

#include "layout.hpp"
#include "syscall.hpp"

#include <asm/errno.h>
#include <asm/signal.h>
#include <linux/sched.h>

namespace linx::spawner {

struct clone_order {
  std::uint64_t flags = 0;
  void* stack = nullptr; // its lowest byte
  std::size_t stack_size = 0;
  int* pidfd = nullptr;      // with CLONE_PIDFD
  int* parent_tid = nullptr; // gets the pid before the new process runs; clone(2) leaves CLONE_PIDFD out then
  int cgroup = -1;           // with CLONE_INTO_CGROUP
};

/// On the stack of children, in the child's own copy of the memory.
inline clone_order order_on_child_stack() noexcept
{
  clone_order order;
  order.stack = reinterpret_cast<void*>(layout::child_stack + layout::child_room_size);
  order.stack_size = layout::child_stack_size - layout::child_room_size;
  return order;
}

/// Whether this kernel, and the seccomp filter around this process, know clone3.
inline bool probe_clone3() noexcept
{
  return sys::call(__NR_clone3, nullptr, 0) == -EINVAL;
}

/// The new process runs entry(argument); returns its pid or -errno. clone(2) leaves CLONE_INTO_CGROUP out.
inline long make_process(const clone_order& order, bool has_clone3, void (*entry)(void*),
                         void* argument) noexcept
{
  if (!has_clone3) {
    auto flags = static_cast<std::uint32_t>(order.flags & ~CLONE_INTO_CGROUP) | SIGCHLD;
    if (order.parent_tid != nullptr) flags = (flags & ~std::uint32_t{CLONE_PIDFD}) | CLONE_PARENT_SETTID;
    void* const top = static_cast<std::byte*>(order.stack) + order.stack_size;
    int* const out = order.parent_tid != nullptr ? order.parent_tid : order.pidfd;
    return sys::linx_clone(flags, top, out, entry, argument);
  }
  clone_args args{};
  args.flags = order.flags | (order.parent_tid != nullptr ? std::uint64_t{CLONE_PARENT_SETTID} : 0);
  args.parent_tid = reinterpret_cast<std::uintptr_t>(order.parent_tid);
  args.pidfd = reinterpret_cast<std::uintptr_t>(order.pidfd);
  args.stack = reinterpret_cast<std::uintptr_t>(order.stack);
  args.stack_size = order.stack_size;
  // With CLONE_PARENT the signal of the caller counts, a thread has none, and another one is EINVAL.
  args.exit_signal = (order.flags & (CLONE_PARENT | CLONE_THREAD)) != 0 ? 0 : SIGCHLD;
  args.cgroup = order.cgroup < 0 ? 0 : static_cast<std::uint64_t>(order.cgroup);
  return sys::linx_clone3(&args, sizeof args, entry, argument);
}

} // namespace linx::spawner
