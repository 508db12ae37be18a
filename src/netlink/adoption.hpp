// What a socket that somebody else made must not bring along.
#pragma once

#include <linx/io/netlink_socket.hpp>

namespace linx::netlink::detail {

// Makes the socket one that gets nothing but what the kernel answers from now on: its multicast groups are
// left, a peer that it was connected to is dropped, and what lies in its receive queue is thrown away, the
// rest of a dump included. Before the first request.
//
// Errors: stage `configure`.
result<> leave_behind(io::netlink_socket&);

} // namespace linx::netlink::detail
