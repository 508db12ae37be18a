// A stream of commits over a stream of messages.
#pragma once

#include "core/operation.hpp"
#include "core/state.hpp"
#include "netfilter/commit_assembler.hpp"

#include <linx/core/stream.hpp>
#include <linx/netlink/connection.hpp>
#include <linx/netlink/notification.hpp>

namespace linx::netfilter::detail {

class monitor_source final : public stream_source<commit>, public linx::detail::context_state {
public:
  monitor_source(executor home, stream<netlink::notification> events, netlink::connection requests,
                 std::size_t queue);

  /// Finds out where the ruleset stands; before the first `next()`.
  task<> begin(bool with_snapshot);

  task<std::optional<commit>> next() override;
  void close() noexcept override;

private:
  void shutdown() noexcept override {}

  task<> start(bool with_snapshot);
  task<std::optional<commit>> take();
  task<std::optional<commit>> read();
  task<commit> resync();

  stream<netlink::notification> events_;
  netlink::connection requests_;
  commit_assembler assembler_;
  bool resync_due_ = false;
  bool reading_ = false;
  bool closed_ = false;
};

} // namespace linx::netfilter::detail
