// A dump as a stream of blocks.
#pragma once

#include "netlink/connection_state.hpp"

#include <linx/core/stream.hpp>
#include <linx/netlink/message_block.hpp>

namespace linx::netlink::detail {

// The exchange lives here and not in a frame: a cancelled next() loses nothing, the next one goes on.
class dump_source final : public stream_source<message_block>,
                          public std::enable_shared_from_this<dump_source> {
public:
  dump_source(std::shared_ptr<connection_state> connection, message_builder request,
              const dump_options& options);

  task<std::optional<message_block>> next() override;
  void close() noexcept override;

private:
  task<std::optional<message_block>> take(std::shared_ptr<dump_source> self);
  // Decides about a dump whose last message is there: once more, the error, or all is well.
  result<> conclude();
  bool begins_anew() noexcept;

  std::shared_ptr<connection_state> connection_;
  message_builder request_;
  std::optional<dump_exchange> exchange_;
  unsigned retries_;
  unsigned growths_ = 0;
  bool incremental_;
  bool complete_ = false; // what is left in the exchange may be handed out
  bool has_handed_out_ = false;
  bool ended_ = false;
  bool reading_ = false;
  bool closed_ = false;
};

} // namespace linx::netlink::detail
