#include <linx/netlink/monitor.hpp>

#include "netlink/draining_source.hpp"
#include "netlink/event_queue.hpp"

#include <linx/ns/socket.hpp>

#include <cerrno>

#include <sys/socket.h>

namespace linx::netlink {

namespace {

result<stream<notification>> listen(executor ex, io::netlink_socket socket, const monitor_options& options)
{
  // Text of extended acks means nothing to a listener; the buffer does, and joining comes last: it starts to
  // fill.
  BOOST_OUTCOME_TRYV(socket.set_receive_buffer(options.receive_buffer()));
  for (const auto group : options.groups()) {
    BOOST_OUTCOME_TRYV(socket.add_membership(group));
  }
  auto source = linx::detail::make_state<detail::draining_source<detail::event_queue>>(
      std::move(ex), std::move(socket), detail::event_queue(options.queue()));
  source->start();
  return stream<notification>(std::move(source));
}

} // namespace

result<stream<notification>> monitor::open(executor ex, int protocol, monitor_options options)
{
  ex = linx::detail::serial(std::move(ex));
  BOOST_OUTCOME_TRY(auto socket, io::netlink_socket::open(ex, protocol));
  return listen(std::move(ex), std::move(socket), options);
}

result<stream<notification>> monitor::open(executor ex, int protocol, const ns::handle& net,
                                           monitor_options options)
{
  ex = linx::detail::serial(std::move(ex));
  BOOST_OUTCOME_TRY(auto fd, ns::open_socket(net, AF_NETLINK, SOCK_RAW, protocol));
  return adopt(std::move(ex), std::move(fd), std::move(options));
}

result<stream<notification>> monitor::adopt(executor ex, io::unique_fd fd, monitor_options options)
{
  ex = linx::detail::serial(std::move(ex));
  BOOST_OUTCOME_TRY(auto socket, io::netlink_socket::adopt(ex, std::move(fd)));
  return listen(std::move(ex), std::move(socket), options);
}

} // namespace linx::netlink
