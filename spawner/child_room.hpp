/// Memory of a child for what is large and mostly not there: descriptors that come with steps, a long
/// datagram. It lies beneath the stack, so that what a child does touch of that is one page: each is a
/// fault, 1.2 us.
#pragma once

#include "layout.hpp"
#include "message.hpp"
#include "request_area.hpp"

namespace linx::spawner {

struct child_room {
  alignas(8) std::byte datagram[wire::max_datagram]; // or the request, on its way from a setns helper
  rights received;                                   // with the frame at hand
  int step_fds[wire::max_fds];                       // of the request's steps
  int sockets[wire::max_fds];                        // made by steps and not handed over yet
  child_note note;                                   // of a setns helper
};
static_assert(sizeof(child_room) <= layout::child_room_size);

/// Of a child that shares the spawner's memory it is the spawner's, which has no use for it.
inline child_room& the_child_room() noexcept
{
  return *reinterpret_cast<child_room*>(layout::child_stack);
}

} // namespace linx::spawner
