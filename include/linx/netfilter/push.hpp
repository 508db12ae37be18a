/// Committing a batch.
#pragma once

#include <linx/core/task.hpp>
#include <linx/netfilter/batch.hpp>
#include <linx/netlink/connection.hpp>

#include <cstdint>
#include <optional>

namespace linx::netfilter {

class push_options {
public:
  /// Commits only if this is still the ruleset's generation (NFNL_BATCH_GENID, Linux 4.12): nobody has
  /// changed it since it was read. Otherwise nothing happens and the error is `errc::conflict`.
  push_options& expect_generation(std::uint32_t number) noexcept
  {
    generation_ = number;
    return *this;
  }
  std::optional<std::uint32_t> expected_generation() const noexcept { return generation_; }

private:
  std::optional<std::uint32_t> generation_;
};

/// Makes all changes of the batch at once, or none: NFNL_MSG_BATCH_BEGIN to NFNL_MSG_BATCH_END in one
/// sendmsg(2).
///
/// The kernel does the whole work inside sendmsg: 5,000 rules hold the calling thread for about 40 ms, and no
/// other nf_tables transaction of the namespace runs meanwhile. The send buffer is raised to the size of the
/// batch (SO_SNDBUFFORCE; without CAP_NET_ADMIN in the initial user namespace net.core.wmem_max bounds it).
///
/// `nf` is a connection to NETLINK_NETFILTER; its socket says which network namespace is meant, and it owns
/// the tables that the batch makes with `table::owner`: they are gone when the last copy of the connection
/// is. An empty batch succeeds without asking anybody.
/// Cancellation: before the send, nothing has happened; after it, never: the result is told.
/// Errors: `stage::argument` for a value that cannot be, nothing was sent then. `stage::send`: EMSGSIZE for a
/// batch that does not fit the send buffer. `stage::commit`: what the kernel refused, with its own words, and
/// as object the command that it refused; nothing was changed. `errc::conflict` as said above.
/// Source: linux/netfilter/nfnetlink.h, nf_tables.h, nft(8).
LINX_API task<> push(netlink::connection nf, batch changes, push_options options = push_options());

} // namespace linx::netfilter
