/// How a child is born: the one place that decides it. Pure.
///
/// There are two ways. A child with a copy of the spawner's memory goes its own way at once: it takes its
/// request and unmaps what it shares. One that shares the memory holds up the worker that makes it until it
/// has executed, and may do so only where nothing can keep it long (wire::is_simple). Either is made by the
/// worker, or the first by a setns helper where namespaces are to be entered before it is there.
#pragma once

#include "request.hpp"

#include <cstddef>
#include <cstdint>

namespace linx::spawner {

struct birth_load {
  bool is_root = false; // the spawner
  bool has_clone3 = true;
  std::size_t not_running = 0; // children that were made and have not come to run
};

struct birth_way {
  bool shares_memory = false;       // up to execve
  bool by_setns_helper = false;     // as its sibling (setns_helper.hpp)
  bool joins_cgroup = false;        // by itself: clone does not put it there
  std::uint32_t own_namespaces = 0; // CLONE_NEW* that the child makes, when it is there
  std::uint64_t clone_flags = 0;    // all others, and what else clone is to do

  /// The worker that makes it waits for what may never come.
  bool stops_worker() const noexcept { return shares_memory || by_setns_helper; }
};

birth_way way_of(const spawn_view&, const birth_load&) noexcept;

} // namespace linx::spawner
