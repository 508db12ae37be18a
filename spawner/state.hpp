/// All that the spawner remembers. It lies in one zeroed mapping that children do not get; every member is
/// valid when zero, so that only the pages in use are ever touched.
#pragma once

#include "asker.hpp"
#include "children.hpp"
#include "control.hpp"
#include "layout.hpp"
#include "nursery.hpp"

namespace linx::spawner {

struct state {
  control_socket control;
  wire::credentials self;
  asker host;
  std::uint32_t slots;
  std::uint32_t pid;
  std::uint32_t last_tenancy;
  std::int32_t oom_score_adj; // what children get back
  bool lowered_oom_score;
  bool has_proc;
  bool has_clone3;
  bool exits_pending; // SIGCHLD came, and not every record could be sent since

  child_note shared_note;        // of a child that shares this memory
  wire::status_slot shared_slot; // its slot

  alignas(4096) child_table children;
  alignas(4096) std::byte shared_stack[layout::own_stack_size]; // its stack
  alignas(4096) std::byte stack[layout::own_stack_size];
  alignas(4096) std::byte status_text[0x100000]; // room for 65536 groups (NGROUPS_MAX)
};

inline struct nursery& the_nursery() noexcept
{
  return *reinterpret_cast<struct nursery*>(layout::nursery);
}
inline wire::status_slot* the_slots() noexcept
{
  return reinterpret_cast<wire::status_slot*>(layout::slots);
}

} // namespace linx::spawner
