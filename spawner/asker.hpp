/// Who asks for a child, by the kernel's word: a request says who the host is, and anybody who has come by
/// its socket, or a host that is no longer what it was, could say anything.
#pragma once

#include "message.hpp"
#include "task_status.hpp"

#include "process/protocol.hpp"

namespace linx::spawner {

struct state;

/// What is known about the host, and about this process, since the start. All zero: nothing.
struct asker {
  std::int32_t host_pid; // as the kernel names senders here; 0 where the host is in an outer pid namespace
  std::uint32_t thread;  // whose files are open, by its number in /proc; 0: the process's
  std::uint64_t user_namespace; // this process's; 0: unknown, or of no account
  bool has_status;              // the host's can be read, and `own` is known
  bool has_files;
  bool changed; // the host has been somebody else since; nothing is made for it any more
  task_status own;
};

/// At the start. `self`: this process's credentials.
int know_the_host(state&) noexcept;

/// 0; EPERM for somebody else than the host; ESTALE where the host is no longer who it was, at the call by
/// what the request says, or now by what the kernel says of the thread that called; else why the kernel could
/// not.
int check_asker(state&, const wire::spawn_request&, const sender&) noexcept;

/// The same of a request that says nothing of the host. `thread`: 0 is the process.
int check_host(state&, std::uint32_t thread, const sender&) noexcept;

} // namespace linx::spawner
