/// A socket of another network namespace.
#pragma once

#include <linx/ns/handle.hpp>

namespace linx::ns {

/// Creates a socket inside a network namespace. A socket stays in the namespace it was created in, so this is
/// all that a netlink connection into another namespace takes.
///
/// A helper thread joins the namespace (`setns(2)`), calls `socket(2)` and ends; the caller waits for it
/// and its own thread changes nothing. `SOCK_CLOEXEC` is always set.
///
/// Parameters: `net`: a handle of kind `net`; `domain`, `type`, `protocol`: as of socket(2).
/// Errors: stage `argument` for a handle of another kind; stage `setns_net`: `EPERM` without `CAP_SYS_ADMIN`
/// in the user namespace that owns `net` and in the caller's own (an ordinary user cannot enter the network
/// namespace of a child of his: let the child make the socket and pass it back); stage `open` for the socket
/// itself.
/// Executor: safe from any thread.
LINX_API result<io::unique_fd> open_socket(const handle& net, int domain, int type, int protocol);

} // namespace linx::ns
