#include <linx/ns/handle.hpp>
#include <linx/rtnl/new_link.hpp>
#include <linx/rtnl/veth.hpp>

#include <net/if.h>

namespace linx::rtnl {

veth& veth::peer_in(const ns::handle& net) &
{
  peer_namespace_ = net.fd();
  return *this;
}

link_change& link_change::set_flag(std::uint32_t flag, bool on) noexcept
{
  flags_mask_ |= flag;
  flags_ = on ? flags_ | flag : flags_ & ~flag;
  return *this;
}

link_change& link_change::up() noexcept
{
  return set_flag(IFF_UP, true);
}

link_change& link_change::down() noexcept
{
  return set_flag(IFF_UP, false);
}

link_change& link_change::arp(bool on) noexcept
{
  return set_flag(IFF_NOARP, !on);
}

link_change& link_change::multicast(bool on) noexcept
{
  return set_flag(IFF_MULTICAST, on);
}

link_change& link_change::promiscuous(bool on) noexcept
{
  return set_flag(IFF_PROMISC, on);
}

link_change& link_change::all_multicast(bool on) noexcept
{
  return set_flag(IFF_ALLMULTI, on);
}

link_change& link_change::mtu(std::uint32_t bytes) noexcept
{
  mtu_ = bytes;
  return *this;
}

link_change& link_change::name(std::string new_name) noexcept
{
  name_ = std::move(new_name);
  return *this;
}

link_change& link_change::address(const net::link_address& value) noexcept
{
  address_ = value;
  return *this;
}

link_change& link_change::broadcast(const net::link_address& value) noexcept
{
  broadcast_ = value;
  return *this;
}

link_change& link_change::alias(std::string text) noexcept
{
  alias_ = std::move(text);
  return *this;
}

link_change& link_change::tx_queue_length(std::uint32_t packets) noexcept
{
  tx_queue_length_ = packets;
  return *this;
}

link_change& link_change::group(std::uint32_t number) noexcept
{
  group_ = number;
  return *this;
}

link_change& link_change::master(link_id which) noexcept
{
  master_ = std::move(which);
  return *this;
}

link_change& link_change::carrier(bool on) noexcept
{
  carrier_ = on;
  return *this;
}

link_change& link_change::protocol_down(bool on) noexcept
{
  protocol_down_ = on;
  return *this;
}

link_change& link_change::data(link_data options) noexcept
{
  data_ = std::move(options);
  return *this;
}

link_change& link_change::port(port_data options) noexcept
{
  port_ = std::move(options);
  return *this;
}

link_change& link_change::move_to(const ns::handle& net) noexcept
{
  target_namespace_ = net.fd();
  return *this;
}

link_change& link_change::move_to(pid_t process) noexcept
{
  target_process_ = process;
  return *this;
}

new_link& new_link::with(link_change settings) & noexcept
{
  settings_ = std::move(settings);
  return *this;
}

new_link& new_link::lower(link_id which) & noexcept
{
  lower_ = std::move(which);
  return *this;
}

new_link& new_link::lower_netns(std::int32_t id) & noexcept
{
  lower_netns_ = id;
  return *this;
}

new_link& new_link::index(std::uint32_t wanted) & noexcept
{
  index_ = wanted;
  return *this;
}

new_link& new_link::queues(std::uint32_t tx, std::uint32_t rx) & noexcept
{
  tx_queues_ = tx;
  rx_queues_ = rx;
  return *this;
}

} // namespace linx::rtnl
