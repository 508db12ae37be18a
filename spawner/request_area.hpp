/// Memory that the spawner shares with the processes it makes, until they have taken what they need: then
/// they unmap it, since they come under other people's ids and into other people's namespaces.
#pragma once

#include "birth_way.hpp"

#include "process/protocol.hpp"

#include <cstddef>
#include <cstdint>

namespace linx::spawner {

/// What the spawner hands to a child that it is about to make.
struct child_note {
  std::uint32_t* owner = nullptr;    // cleared by the child when it needs this note and the request no more
  wire::status_slot* slot = nullptr; // null: a page of its own, which it has to map
  const wire::spawn_request* request = nullptr;
  birth_way way;
  int first_fd = 0; // of the descriptors of its frame, which are in a row
  bool restore_oom_score = false;
  bool in_directory = false; // that of fd_role::cwd, or where entering namespaces has led from there
  bool has_privilege = false;
  bool maps_ids = false; // its host writes its id maps, and has no privilege over what is not dumpable
  std::int32_t oom_score_adj = 0;
};

/// What the spawner hands to a setns helper (setns_helper.hpp), and what it reports. A page of its own, which
/// is there as long as the setns helper and is not passed on to the child.
struct alignas(4096) setns_order {
  child_note* note;
  std::uint64_t child_flags; // clone flags of the child
  std::int32_t cgroup;
  bool has_clone3;

  std::int32_t pid; // 0: there is no child, because of:
  std::int32_t error;
  wire::stage where;
};

/// Requests whose children have not copied them yet, one in each slot. Lies in zeroed memory.
struct request_area {
  static constexpr std::size_t slots = 512;

  /// A child touches the first page only, most often.
  struct alignas(4096) slot {
    std::uint32_t owner; // 0: free; else a number that no other child has
    child_note note;
    alignas(8) std::byte request[wire::max_spawn];
  };

  slot slot_of[slots];
};

} // namespace linx::spawner
