/// What is asked of an interface that exists.
#pragma once

#include <linx/net/link_address.hpp>
#include <linx/rtnl/link.hpp>

#include <optional>
#include <string>

#include <sys/types.h>

namespace linx::ns {
class handle;
}

namespace linx::rtnl {

/// Changes of one interface, made by one request. What is not named stays as it is. The kernel makes them one
/// after the other and stops at the first that it refuses.
class LINX_API link_change {
public:
  link_change& up() noexcept;
  link_change& down() noexcept;
  link_change& arp(bool on) noexcept;
  link_change& multicast(bool on) noexcept;
  /// Adds to, or takes from, what others want: the device stays promiscuous while anybody wants it.
  link_change& promiscuous(bool on) noexcept;
  link_change& all_multicast(bool on) noexcept;
  /// Bytes, between `link::min_mtu` and `link::max_mtu`.
  link_change& mtu(std::uint32_t bytes) noexcept;
  /// Takes a link that is down; since Linux 6.2 also one that is up.
  link_change& name(std::string new_name) noexcept;
  link_change& address(const net::link_address& value) noexcept;
  link_change& broadcast(const net::link_address& value) noexcept;
  /// Up to 255 bytes; empty removes it.
  link_change& alias(std::string text) noexcept;
  /// Packets.
  link_change& tx_queue_length(std::uint32_t packets) noexcept;
  link_change& group(std::uint32_t number) noexcept;
  /// A bridge, bond or VRF; index 0 takes it out.
  link_change& master(link_id which) noexcept;
  link_change& no_master() noexcept { return master(0u); }
  /// For devices whose carrier is set by hand: dummy, tun, macvlan.
  link_change& carrier(bool on) noexcept;
  /// IFLA_PROTO_DOWN: keeps the carrier off, for a daemon that found a fault.
  link_change& protocol_down(bool on) noexcept;
  /// Options of the link's kind, those alone that have a value. The kind has to be the link's own.
  link_change& data(link_data options) noexcept;
  /// Options of a port, of its master's kind: bond_port. (For a bridge_port see
  /// `connection::change_bridge_port`, which does the same.)
  link_change& port(port_data options) noexcept;
  /// Moves it to another network namespace, where it loses its addresses and is down. `net` is borrowed until
  /// the verb has completed. A pidfd: `ns::handle::from_pidfd`.
  link_change& move_to(const ns::handle& net) noexcept;
  /// To the namespace of a process. The number may be another process's by then, if nobody waits for this
  /// one.
  link_change& move_to(pid_t process) noexcept;

  /// IFF_* with a value, and the values.
  std::uint32_t flags_mask() const noexcept { return flags_mask_; }
  std::uint32_t flags() const noexcept { return flags_; }
  const std::optional<std::uint32_t>& mtu() const noexcept { return mtu_; }
  const std::optional<std::string>& name() const noexcept { return name_; }
  const std::optional<net::link_address>& address() const noexcept { return address_; }
  const std::optional<net::link_address>& broadcast() const noexcept { return broadcast_; }
  const std::optional<std::string>& alias() const noexcept { return alias_; }
  const std::optional<std::uint32_t>& tx_queue_length() const noexcept { return tx_queue_length_; }
  const std::optional<std::uint32_t>& group() const noexcept { return group_; }
  const std::optional<link_id>& master() const noexcept { return master_; }
  const std::optional<bool>& carrier() const noexcept { return carrier_; }
  const std::optional<bool>& protocol_down() const noexcept { return protocol_down_; }
  const link_data& data() const noexcept { return data_; }
  const port_data& port() const noexcept { return port_; }
  int target_namespace() const noexcept { return target_namespace_; } ///< a descriptor, -1: none
  pid_t target_process() const noexcept { return target_process_; }   ///< 0: none

private:
  link_change& set_flag(std::uint32_t flag, bool on) noexcept;

  std::uint32_t flags_mask_ = 0;
  std::uint32_t flags_ = 0;
  std::optional<std::uint32_t> mtu_;
  std::optional<std::uint32_t> tx_queue_length_;
  std::optional<std::uint32_t> group_;
  std::optional<bool> carrier_;
  std::optional<bool> protocol_down_;
  std::optional<net::link_address> address_;
  std::optional<net::link_address> broadcast_;
  std::optional<std::string> name_;
  std::optional<std::string> alias_;
  std::optional<link_id> master_;
  link_data data_;
  port_data port_;
  int target_namespace_ = -1;
  pid_t target_process_ = 0;
};

} // namespace linx::rtnl
