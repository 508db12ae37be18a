/// The changes of a ruleset as a stream.
#pragma once

#include <linx/core/stream.hpp>
#include <linx/core/task.hpp>
#include <linx/netfilter/event.hpp>
#include <linx/netlink/options.hpp>

namespace linx::io {
class unique_fd;
}
namespace linx::ns {
class handle;
}

namespace linx::netfilter {

/// How a monitor begins, and how much it may fall behind. `queue()` bounds one transaction as well.
class monitor_options : public netlink::monitor_buffers<monitor_options> {
public:
  /// The stream begins with a `resync` commit: the ruleset as it is.
  monitor_options& snapshot() noexcept
  {
    snapshot_ = true;
    return *this;
  }
  bool has_snapshot() const noexcept { return snapshot_; }

private:
  bool snapshot_ = false;
};

/// Opens monitors: streams of what changes in the ruleset of a network namespace, one value for each
/// transaction.
///
/// The stream begins with the first transaction after the one that was current when the task completed. When
/// the kernel had to drop events (a full receive buffer), when the consumer fell behind its queue, or when a
/// generation is missing, a `lost` commit comes at that place and a `resync` commit follows it: the ruleset,
/// read anew. Changes that are part of it are not told again. A ruleset that never stands still is read until
/// it does.
///
/// NFNLGRP_NFTABLES; NFT_MSG_NEWGEN ends a transaction (Linux 3.18; the committer's pid and name since 4.15).
/// The kernel announces nothing when a table goes with its owning socket, or an element by its timeout.
///
/// Needs CAP_NET_ADMIN in the user namespace that owns the network namespace.
/// Lifetime: the stream owns two sockets, one to listen and one to ask with. While it lives
/// `io_context::run()` does not return.
/// Cancellation: a cancelled `next()` loses no commit. Errors of the tasks: stages `open`, `bind` (EPERM: no
/// CAP_NET_ADMIN), `configure`, `setns_net`, and those of `generation` and `pull`. Errors of `next()`: stage
/// `receive`, and those of `pull`; the stream is finished then.
/// Executor: one `next()` at a time, all on the executor given.
class LINX_API monitor {
public:
  monitor() = delete;

  /// Listens in the calling thread's network namespace. The sockets are opened by the call, before the await.
  static task<stream<commit>> open(executor ex, monitor_options options = monitor_options());

  /// Listens in another network namespace; a helper thread opens the sockets there. `net` is not needed after
  /// the call.
  static task<stream<commit>> open(executor ex, const ns::handle& net,
                                   monitor_options options = monitor_options());

  /// Takes over two sockets of NETLINK_NETFILTER that were made elsewhere, by a child in a namespace that
  /// this process may not enter for instance; nobody else may read from them.
  static task<stream<commit>> adopt(executor ex, io::unique_fd events, io::unique_fd requests,
                                    monitor_options options = monitor_options());
};

} // namespace linx::netfilter
