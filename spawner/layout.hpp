/// Where everything lies in the spawner's address space.
///
/// fork(2) costs by what it has to copy and by the page tables it has to build. So all that a child may touch
/// lies in the 2 MiB that one page of the page table maps, nothing in it is a private dirty page, and all
/// that only the spawner touches is in a mapping that children do not get (MADV_DONTFORK). CMake links the
/// image at 4 MiB.
#pragma once

#include "request_area.hpp"

#include "process/protocol.hpp"

#include <cstddef>
#include <cstdint>

namespace linx::spawner::layout {

inline constexpr std::uintptr_t image = 0x400000;
inline constexpr std::size_t image_room = 0x40000;

/// Never touched by the spawner: a child starts with no stack page to copy.
inline constexpr std::uintptr_t child_stack = image + image_room;
inline constexpr std::size_t child_stack_size = 0x80000;
/// The lowest part is no stack: see child_room.hpp.
inline constexpr std::size_t child_room_size = wire::max_datagram + 0x1000;

/// A child's status slot, shared with the host. The spawner has none mapped.
inline constexpr std::uintptr_t slot = child_stack + child_stack_size;

/// The spawner's threads: so many births may hang at once.
inline constexpr std::int32_t workers = 16;

/// The order to a setns helper, shared with the worker that has sent it.
inline constexpr std::uintptr_t setns_orders = slot + sizeof(wire::status_slot);
constexpr std::uintptr_t setns_order_of(std::int32_t worker) noexcept
{
  return setns_orders + static_cast<std::uintptr_t>(worker) * sizeof(struct setns_order);
}

/// Requests on their way from the spawner to a child, shared between the two until the child has its own.
inline constexpr std::uintptr_t request_area = setns_order_of(workers);

/// The spawner's own state and stacks.
inline constexpr std::uintptr_t own = 0x10000000;
inline constexpr std::size_t own_stack_size = 0x40000;

static_assert(request_area + sizeof(struct request_area) < own);

} // namespace linx::spawner::layout
