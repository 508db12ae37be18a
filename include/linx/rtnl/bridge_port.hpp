/// Ports of a bridge.
#pragma once

#include <linx/rtnl/bridge.hpp>

namespace linx::rtnl {

/// IFLA_BRPORT_STATE, of the spanning tree; the numbers are those of linux/if_bridge.h (BR_STATE_*).
enum class stp_state : std::uint8_t { disabled, listening, learning, forwarding, blocking };

LINX_API std::string_view to_string(stp_state) noexcept;

/// How a bridge treats one of its ports (IFLA_BRPORT_*). Members without a value are not sent, and were not
/// received.
/// Source: bridge(8), linux/if_link.h.
class bridge_port {
public:
  bridge_port() = default;

  std::optional<rtnl::stp_state> state;
  std::optional<std::uint16_t> priority;
  std::optional<std::uint32_t> cost;
  std::optional<bool> hairpin; ///< a frame may go back out where it came in
  std::optional<bool> guard;   ///< a BPDU takes the port down
  std::optional<bool> root_block;
  std::optional<bool> fast_leave;
  std::optional<bool> learning;
  std::optional<bool> unicast_flood;
  std::optional<bool> multicast_flood;
  std::optional<bool> broadcast_flood;
  std::optional<bool> multicast_to_unicast;
  std::optional<bool> proxy_arp;
  std::optional<bool> proxy_arp_wifi;
  std::optional<std::uint8_t> multicast_router; ///< 0: never, 1: as learned, 2: always
  std::optional<bool> vlan_tunnel;
  std::optional<std::uint16_t> group_forward_mask;
  std::optional<bool> neigh_suppress;
  std::optional<bool> neigh_vlan_suppress;     ///< Linux 6.4
  std::optional<bool> isolated;                ///< no traffic with other isolated ports
  std::optional<std::uint32_t> backup_port;    ///< index of a link
  std::optional<std::uint32_t> backup_nexthop; ///< id of a nexthop object, Linux 6.5
  std::optional<std::uint32_t> multicast_eht_hosts_limit;
  std::optional<std::uint32_t> multicast_max_groups; ///< Linux 6.3
  std::optional<bool> locked;                        ///< only known addresses may send, Linux 5.18
  std::optional<bool> mac_authentication_bypass;     ///< Linux 6.2
  // only the kernel writes these; running timers are left out, so that what did not change compares equal
  std::optional<bridge_id> root_id;
  std::optional<bridge_id> designated_bridge;
  std::optional<std::uint16_t> designated_port;
  std::optional<std::uint16_t> designated_cost;
  std::optional<std::uint16_t> id;
  std::optional<std::uint16_t> number;
  std::optional<bool> topology_change_ack;
  std::optional<bool> config_pending;
  std::optional<std::uint32_t> multicast_eht_hosts;
  std::optional<std::uint32_t> multicast_groups; ///< Linux 6.3

  friend bool operator==(const bridge_port&, const bridge_port&) = default;
};

} // namespace linx::rtnl
