// A dump as a stream of blocks.
#pragma once

#include "core/rest.hpp"
#include "core/source.hpp"
#include "netlink/connection_state.hpp"

#include <linx/netlink/message_block.hpp>

namespace linx::netlink::detail {

// The exchange lives here and not in a frame: a cancelled next() loses nothing, the next one goes on.
class dump_source final : public linx::detail::source<message_block> {
public:
  // `home` is that of the connection. `absent` is an errno by which the kernel says that there is no such
  // table: a dump of nothing. 0: none.
  dump_source(executor home, std::shared_ptr<connection_state> connection, message_builder request,
              const dump_options& options, int absent = 0);

private:
  task<std::optional<message_block>> read() override;
  void on_close() noexcept override;
  void on_shutdown() noexcept override;
  // Decides about a dump whose last message is there: once more, the error, or all is well.
  result<> conclude();
  bool begins_anew() noexcept;
  task<> pause();

  std::shared_ptr<connection_state> connection_;
  message_builder request_;
  std::optional<dump_exchange> exchange_;
  unsigned retries_;
  unsigned interruptions_ = 0; // after which it was read anew
  linx::detail::backoff pauses_;
  linx::detail::rest resting_;
  unsigned growths_ = 0;
  bool incremental_;
  bool complete_ = false; // what is left in the exchange may be handed out
  bool has_handed_out_ = false;
  bool ended_ = false;
  int absent_;
};

} // namespace linx::netlink::detail
