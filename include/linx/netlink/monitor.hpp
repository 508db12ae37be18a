/// Multicast groups of a netlink family as a stream.
#pragma once

#include <linx/core/stream.hpp>
#include <linx/core/task.hpp>
#include <linx/netlink/notification.hpp>
#include <linx/netlink/options.hpp>

namespace linx::io {
class unique_fd;
}
namespace linx::ns {
class handle;
}

namespace linx::netlink {

/// Opens monitors: sockets that only listen.
///
/// The socket is emptied into a queue of the process whether or not the consumer reads, since the kernel
/// drops events when the receive buffer is full. That, and a queue that outgrows its limit, is a `lost` value
/// at its place in the stream; the stream goes on. Whoever keeps state lists it anew when `lost` comes, on a
/// connection of its own: events from then on are behind it in the stream. `rtnl::monitor` does.
///
/// Messages whose sender is not the kernel are dropped.
///
/// Lifetime: the stream owns the socket. While it lives `io_context::run()` does not return.
/// Cancellation: a cancelled `next()` loses no event. Errors of `next()`: stage `receive`; the stream is
/// finished then.
/// Executor: one `next()` at a time.
/// Source: netlink(7).
class LINX_API monitor {
public:
  monitor() = delete;

  /// Listens in the calling thread's network namespace. `protocol` is NETLINK_ROUTE, NETLINK_NETFILTER, ...
  ///
  /// Errors: stages `open`, `bind`, `configure`; `EPERM` for a group that takes CAP_NET_ADMIN.
  static result<stream<notification>> open(executor ex, int protocol, monitor_options options);

  /// Listens in another network namespace; see `connection::open`.
  static result<stream<notification>> open(executor ex, int protocol, const ns::handle& net,
                                           monitor_options options);

  /// Takes over a socket made elsewhere, and joins the groups.
  static result<stream<notification>> adopt(executor ex, io::unique_fd socket, monitor_options options);
};

} // namespace linx::netlink
