// A stream of commits over a stream of messages.
#pragma once

#include "core/source.hpp"
#include "netfilter/commit_assembler.hpp"

#include <linx/netlink/connection.hpp>
#include <linx/netlink/notification.hpp>

namespace linx::netfilter::detail {

class monitor_source final : public linx::detail::source<commit> {
public:
  monitor_source(executor home, stream<netlink::notification> events, netlink::connection requests,
                 std::size_t queue);

  /// Finds out where the ruleset stands; before the first `next()`.
  task<> begin(bool with_snapshot);

private:
  task<> start(bool with_snapshot);
  task<std::optional<commit>> read() override;
  void on_close() noexcept override;
  task<commit> resync();

  stream<netlink::notification> events_;
  netlink::connection requests_;
  commit_assembler assembler_;
  bool resync_due_ = false;
};

} // namespace linx::netfilter::detail
