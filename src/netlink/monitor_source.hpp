// The socket of a monitor.
#pragma once

#include "core/operation.hpp"
#include "core/waiter.hpp"
#include "netlink/event_queue.hpp"

#include <linx/core/stream.hpp>
#include <linx/io/netlink_socket.hpp>

namespace linx::netlink::detail {

// Reads whenever there is something to read, whether or not anybody asks for it.
class monitor_source final : public stream_source<notification>, public linx::detail::context_state {
public:
  monitor_source(executor home, io::netlink_socket socket, std::size_t queue_limit);

  // Begins to read; once the groups are joined.
  void start() { drain(); }

  task<std::optional<notification>> next() override;
  void close() noexcept override;

private:
  void shutdown() noexcept override;

  std::shared_ptr<monitor_source> self()
  {
    return std::static_pointer_cast<monitor_source>(shared_from_this());
  }
  task<std::optional<notification>> take();
  bool receive_one();
  void drain();
  void arm();

  std::optional<io::netlink_socket> socket_;
  event_queue queue_;
  std::vector<std::byte> buffer_;
  std::optional<error> failure_;
  std::optional<lost::cause>
      missing_; // told to the consumer once the socket is empty: until then more is dropped
  linx::detail::wait_list readers_;
  bool armed_ = false;
  bool reading_ = false;
  bool closed_ = false;
};

} // namespace linx::netlink::detail
