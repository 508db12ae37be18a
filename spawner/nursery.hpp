/// Memory that the spawner shares with the processes it makes, until they have taken what they need: then
/// they unmap it, since they come under other people's ids and into other people's namespaces.
#pragma once

#include "process/protocol.hpp"

#include <cstddef>
#include <cstdint>

namespace linx::spawner {

/// What the spawner hands to a child that it is about to make.
struct child_note {
  std::uint32_t* tenant = nullptr;   // cleared by the child when it needs this note and the request no more
  wire::status_slot* slot = nullptr; // null: a page of its own, which it has to map
  const wire::spawn_request* request = nullptr;
  int first_fd = 0; // of the descriptors of its frame, which are in a row
  bool shares_memory = false;
  bool join_cgroup = false; // clone could not
  bool restore_oom_score = false;
  bool in_directory = false; // that of fd_role::cwd, or where entering namespaces has led from there
  bool has_privilege = false;
  bool maps_ids = false; // its host writes its id maps, and has no privilege over what is not dumpable
  std::int32_t oom_score_adj = 0;
};

/// What the spawner hands to a forerunner (forerunner.hpp), and what it reports. A page of its own, which is
/// there as long as the forerunner and is not passed on to the child.
struct alignas(4096) errand {
  child_note* note;
  std::uint64_t child_flags; // clone flags of the child
  std::int32_t cgroup;
  bool has_clone3;

  std::int32_t pid; // 0: there is no child, because of:
  std::int32_t error;
  wire::stage where;
};

/// Requests whose children have not copied them yet, one in each crib. Lies in zeroed memory.
struct nursery {
  static constexpr std::size_t cribs = 512;

  /// A child touches the first page only, most often.
  struct alignas(4096) crib {
    std::uint32_t tenant; // 0: free; else a number that no other child has
    child_note note;
    alignas(8) std::byte request[wire::max_spawn];
  };

  crib crib_of[cribs];
};

} // namespace linx::spawner
