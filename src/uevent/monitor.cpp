#include <linx/uevent/monitor.hpp>

#include "netlink/draining_source.hpp"
#include "uevent/event_queue.hpp"

#include <linx/ns/socket.hpp>

#include <cerrno>

#include <sys/socket.h>

namespace linx::uevent {

namespace {

constexpr std::uint32_t kernel_group = 1; // 2 is the device manager's

result<stream<notification>> listen(executor ex, io::netlink_socket socket, const monitor_options& options)
{
  const int on = 1;
  if (::setsockopt(socket.native_handle(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0)
    return error::from_errno(errno, stage::configure).with_object("SO_PASSCRED");
  BOOST_OUTCOME_TRYV(socket.set_receive_buffer(options.receive_buffer()));
  BOOST_OUTCOME_TRYV(socket.add_membership(kernel_group));
  auto source = linx::detail::make_state<netlink::detail::draining_source<detail::event_queue>>(
      std::move(ex), std::move(socket), detail::event_queue(options.queue()));
  source->start();
  return stream<notification>(std::move(source));
}

} // namespace

result<stream<notification>> monitor::open(executor ex, monitor_options options)
{
  ex = linx::detail::serial(std::move(ex));
  BOOST_OUTCOME_TRY(auto socket, io::netlink_socket::open(ex, NETLINK_KOBJECT_UEVENT));
  return listen(std::move(ex), std::move(socket), options);
}

result<stream<notification>> monitor::open(executor ex, const ns::handle& net, monitor_options options)
{
  ex = linx::detail::serial(std::move(ex));
  BOOST_OUTCOME_TRY(auto fd, ns::open_socket(net, AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT));
  return adopt(std::move(ex), std::move(fd), options);
}

result<stream<notification>> monitor::adopt(executor ex, io::unique_fd fd, monitor_options options)
{
  ex = linx::detail::serial(std::move(ex));
  BOOST_OUTCOME_TRY(auto socket, io::netlink_socket::adopt(ex, std::move(fd)));
  return listen(std::move(ex), std::move(socket), options);
}

std::string to_string(const notification& n)
{
  if (const auto* loss = std::get_if<netlink::lost>(&n))
    return "lost: " + std::string(to_string(loss->why()));
  return to_string(std::get<event>(n));
}

} // namespace linx::uevent
