/// All kinds of interfaces that linx knows.
#pragma once

#include <linx/rtnl/bond.hpp>
#include <linx/rtnl/bridge_port.hpp>
#include <linx/rtnl/ip_tunnel.hpp>
#include <linx/rtnl/link_data.hpp>
#include <linx/rtnl/macvlan.hpp>
#include <linx/rtnl/vlan.hpp>
#include <linx/rtnl/vxlan.hpp>

namespace linx::rtnl {

/// Kind dummy: drops what is sent through it.
class dummy {
public:
  dummy() = default;

  friend bool operator==(const dummy&, const dummy&) = default;
};

/// Kind ifb: where tc(8) redirects to.
class ifb {
public:
  ifb() = default;

  friend bool operator==(const ifb&, const ifb&) = default;
};

/// Kind wireguard. Keys and peers are set by generic netlink.
class wireguard {
public:
  wireguard() = default;

  friend bool operator==(const wireguard&, const wireguard&) = default;
};

/// Kind veth, of one end: what the kernel tells is all in the link. `veth` makes a pair.
class veth_end {
public:
  veth_end() = default;

  friend bool operator==(const veth_end&, const veth_end&) = default;
};

/// Kind vrf (IFLA_VRF_TABLE): ports route by a table of their own.
class vrf {
public:
  vrf() = default;
  explicit vrf(std::uint32_t routing_table) noexcept : table(routing_table) {}

  std::optional<std::uint32_t> table;

  friend bool operator==(const vrf&, const vrf&) = default;
};

/// What a VRF says of its port.
class vrf_port {
public:
  vrf_port() = default;

  // only the kernel writes this
  std::optional<std::uint32_t> table;

  friend bool operator==(const vrf_port&, const vrf_port&) = default;
};

/// Kind tun (IFLA_TUN_*), as the kernel tells of it; `open_tun` makes one.
class tun {
public:
  tun() = default;

  std::optional<std::uint8_t> type;   ///< 1: tun, 2: tap
  std::optional<std::uint32_t> owner; ///< user id
  std::optional<std::uint32_t> group; ///< group id
  std::optional<bool> packet_info;
  std::optional<bool> vnet_header;
  std::optional<bool> persistent;
  std::optional<bool> multi_queue;
  std::optional<std::uint32_t> queues;
  std::optional<std::uint32_t> disabled_queues;

  friend bool operator==(const tun&, const tun&) = default;
};

} // namespace linx::rtnl
