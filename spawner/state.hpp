/// All that the spawner remembers. It lies in one zeroed mapping that children do not get; every member is
/// valid when zero, so that only the pages in use are ever touched.
#pragma once

#include "asker.hpp"
#include "children.hpp"
#include "control.hpp"
#include "layout.hpp"
#include "parked_child.hpp"
#include "request_area.hpp"
#include "worker.hpp"

namespace linx::spawner {

struct state {
  control_socket control;
  wire::credentials self;
  asker host;
  std::uint32_t slots;
  std::uint32_t pid;
  std::uint32_t last_owner;
  std::int32_t oom_score_adj; // what children get back
  bool lowered_oom_score;
  bool has_proc;
  bool has_clone3;
  bool exits_pending; // SIGCHLD came, and not every record could be sent since
  bool has_made;      // a child, or tried to
  bool is_taken;      // by a child that all other children are descendants of, or that has fd::cgroup

  /// Which of the crew serves. All but the crew is that one's.
  std::int32_t on_duty;
  std::uint32_t standing_by; // how many of them
  std::uint32_t hanging;     // how many births wait, or waited until another one took over
  bool alarm_is_set;

  alignas(4096) child_table children;
  parked_child parked;
  static constexpr std::int32_t workers = layout::workers;
  alignas(4096) worker crew[workers];            // number 0 is the thread that the program starts with
  alignas(4096) std::byte status_text[0x100000]; // room for 65536 groups (NGROUPS_MAX)
};

inline struct request_area& the_request_area() noexcept
{
  return *reinterpret_cast<struct request_area*>(layout::request_area);
}
/// If it is still that owner's.
inline void leave_request_slot(std::size_t number, std::uint32_t owner) noexcept
{
  if (owner == 0) return;
  __atomic_compare_exchange_n(&the_request_area().slot_of[number].owner, &owner, 0, false, __ATOMIC_RELAXED,
                              __ATOMIC_RELAXED);
}
inline setns_order& setns_order_of(std::int32_t worker) noexcept
{
  return *reinterpret_cast<struct setns_order*>(layout::setns_order_of(worker));
}

} // namespace linx::spawner
