/// Bridges: the switch itself. Its ports: bridge_port.hpp.
#pragma once

#include <linx/net/mac.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace linx::rtnl {

/// An identifier of the spanning tree: a priority and an address.
class bridge_id {
public:
  bridge_id() = default;
  bridge_id(std::uint16_t p, const net::mac& a) noexcept : priority(p), address(a) {}

  std::uint16_t priority = 0;
  net::mac address;

  friend bool operator==(const bridge_id&, const bridge_id&) = default;
};

/// "8000.02:00:00:00:00:01"
LINX_API std::string to_string(const bridge_id&);

/// Kind bridge (IFLA_BR_*). Members without a value are not sent, and were not received.
/// Source: ip-link(8), linux/if_link.h.
class bridge {
public:
  bridge() = default;

  std::optional<std::chrono::milliseconds> forward_delay; ///< in steps of 10 ms, as all times here
  std::optional<std::chrono::milliseconds> hello_time;
  std::optional<std::chrono::milliseconds> max_age;
  std::optional<std::chrono::milliseconds>
      ageing_time; ///< how long a learned address is kept; 5 minutes unless told otherwise
  std::optional<std::uint32_t> stp_state; ///< 1: the kernel's spanning tree, 2: a daemon's
  std::optional<std::uint16_t> priority;
  std::optional<bool> vlan_filtering;
  std::optional<std::uint16_t> vlan_protocol;     ///< 0x8100 (802.1Q) or 0x88a8 (802.1ad)
  std::optional<std::uint16_t> vlan_default_pvid; ///< 0: ports start without a VLAN
  std::optional<bool> vlan_statistics;
  std::optional<bool> vlan_statistics_per_port; ///< only while no port has a VLAN
  std::optional<std::uint16_t> group_forward_mask;
  std::optional<net::mac> group_address;
  std::optional<std::uint8_t> multicast_router; ///< 0: never, 1: as learned, 2: always
  std::optional<bool> multicast_snooping;
  std::optional<bool> multicast_query_use_ifaddr;
  std::optional<bool> multicast_querier;
  std::optional<bool> multicast_statistics;
  std::optional<bool> multicast_vlan_snooping; ///< Linux 5.15
  std::optional<std::uint32_t> multicast_hash_elasticity;
  std::optional<std::uint32_t> multicast_hash_max;
  std::optional<std::uint32_t> multicast_last_member_count;
  std::optional<std::uint32_t> multicast_startup_query_count;
  std::optional<std::chrono::milliseconds> multicast_last_member_interval;
  std::optional<std::chrono::milliseconds> multicast_membership_interval;
  std::optional<std::chrono::milliseconds> multicast_querier_interval;
  std::optional<std::chrono::milliseconds> multicast_query_interval;
  std::optional<std::chrono::milliseconds> multicast_query_response_interval;
  std::optional<std::chrono::milliseconds> multicast_startup_query_interval;
  std::optional<std::uint8_t> igmp_version; ///< 2 or 3
  std::optional<std::uint8_t> mld_version;  ///< 1 or 2
  std::optional<bool> nf_call_iptables;
  std::optional<bool> nf_call_ip6tables;
  std::optional<bool> nf_call_arptables;
  std::optional<bool> no_link_local_learn;      ///< Linux 5.0
  std::optional<bool> mst;                      ///< multiple spanning trees, Linux 5.18
  std::optional<std::uint32_t> fdb_max_learned; ///< 0: no limit, Linux 6.7
  // only the kernel writes these; running timers are left out, so that what did not change compares equal
  std::optional<std::uint32_t> fdb_learned; ///< Linux 6.7
  std::optional<bridge_id> root_id;
  std::optional<bridge_id> id;
  std::optional<std::uint16_t> root_port;
  std::optional<std::uint32_t> root_path_cost;
  std::optional<bool> topology_change;
  std::optional<bool> topology_change_detected;

  friend bool operator==(const bridge&, const bridge&) = default;
};

} // namespace linx::rtnl
