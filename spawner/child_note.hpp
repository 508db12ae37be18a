/// What the spawner hands to a child that it is about to make.
#pragma once

#include "process/protocol.hpp"

#include <cstddef>
#include <cstdint>

namespace linx::spawner {

/// Descriptors of the spawner, from its start to its end. Received ones follow in a row.
namespace fd {
inline constexpr int control = wire::control_fd;
inline constexpr int signals = 4; // signalfd for SIGCHLD
inline constexpr int host = wire::host_fd;
inline constexpr int proc = 6; // O_PATH of /proc, or of /dev/null where there is none
inline constexpr int self = 7; // pidfd of the spawner
inline constexpr int received = 8;
} // namespace fd

struct child_note {
  std::uint32_t* busy = nullptr; // cleared by the child when it needs this note and the request no more
  wire::status_slot* slot = nullptr;
  const wire::spawn_request* request = nullptr;
  int first_fd = 0; // of the descriptors of its frame, which are in a row
  bool shares_memory = false;
  bool join_cgroup = false; // clone could not
  bool restore_oom_score = false;
  std::int32_t oom_score_adj = 0;
};

/// What the spawner hands to a forerunner (forerunner.hpp), and what it reports.
struct errand {
  child_note* note;
  std::uint64_t child_flags; // clone flags of the child
  std::int32_t cgroup;
  bool has_clone3;

  std::int32_t pid; // 0: there is no child, because of:
  std::int32_t pidfd;
  std::int32_t error;
  wire::stage where;
};

/// Memory that spawner, forerunner and children share: requests whose children have not copied them yet, one in
/// each crib. Lies in zeroed memory.
struct nursery {
  static constexpr std::size_t cribs = 512;

  struct crib {
    child_note note;
    alignas(8) std::byte request[wire::max_spawn];
  };

  struct errand errand; // a forerunner's: there is one at a time
  std::uint32_t busy[cribs];
  alignas(4096) crib crib_of[cribs];
};

} // namespace linx::spawner
