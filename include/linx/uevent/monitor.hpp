/// Kernel uevents as a stream.
#pragma once

#include <linx/core/stream.hpp>
#include <linx/netlink/notification.hpp>
#include <linx/netlink/options.hpp>
#include <linx/uevent/event.hpp>

#include <variant>

namespace linx::io {
class unique_fd;
}
namespace linx::ns {
class handle;
}

namespace linx::uevent {

/// An event, or the news that some were dropped: list what is needed under /sys then.
using notification = std::variant<event, netlink::lost>;

/// "add /devices/... (net) #2570", "lost: the receive buffer was full"
LINX_API std::string to_string(const notification&);

/// How much a monitor may fall behind. 16 MiB of events wait for the consumer by default.
class monitor_options : public netlink::monitor_buffers<monitor_options> {
public:
  monitor_options() noexcept { queue(std::size_t(16) << 20); }
};

/// Opens monitors of the kernel's own uevents (NETLINK_KOBJECT_UEVENT, group 1). What a device manager says
/// after it has named a device (group 2) is another protocol, and is not read.
///
/// Which events arrive is up to the network namespace of the socket: those of its own network devices and
/// queues, and nobody else's; those of all other devices only if the namespace is owned by the initial user
/// namespace.
///
/// Believed is what comes from port 0, which only the kernel has, with the credentials of root; a datagram
/// that is no uevent is dropped.
///
/// Lifetime: the stream owns the socket. While it lives `io_context::run()` does not return.
/// Cancellation: a cancelled `next()` loses no event. Errors of `open`: stages `open`, `bind`, `configure`,
/// `setns_net`; of `next()`: stage `receive`, the stream is finished then.
/// Executor: one `next()` at a time.
/// Source: netlink(7).
class LINX_API monitor {
public:
  monitor() = delete;

  /// In the calling thread's network namespace, or in another one.
  static result<stream<notification>> open(executor ex, monitor_options options = monitor_options());
  static result<stream<notification>> open(executor ex, const ns::handle& net,
                                           monitor_options options = monitor_options());
  /// On a socket made elsewhere.
  static result<stream<notification>> adopt(executor ex, io::unique_fd socket,
                                            monitor_options options = monitor_options());
};

} // namespace linx::uevent
