/// Bonds of several links, and their ports.
#pragma once

#include <linx/net/ip.hpp>
#include <linx/net/mac.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace linx::rtnl {

/// IFLA_BOND_MODE; the numbers are those of linux/if_bonding.h (BOND_MODE_*).
enum class bond_mode : std::uint8_t {
  round_robin,
  active_backup,
  xor_hash,
  broadcast,
  lacp, ///< 802.3ad
  transmit_balance,
  adaptive_balance
};

/// As ip(8) says it: "802.3ad".
LINX_API std::string_view to_string(bond_mode) noexcept;

/// Kind bond (IFLA_BOND_*). Members without a value are not sent, and were not received. The kernel refuses
/// most options in modes that have no use for them.
/// Source: ip-link(8), linux/if_link.h, Documentation/networking/bonding.rst.
class bond {
public:
  bond() = default;

  std::optional<bond_mode> mode;
  std::optional<std::chrono::milliseconds> miimon;
  std::optional<std::chrono::milliseconds> up_delay; ///< a multiple of miimon
  std::optional<std::chrono::milliseconds> down_delay;
  std::optional<std::chrono::milliseconds> peer_notify_delay;
  std::optional<bool> use_carrier;
  std::optional<std::chrono::milliseconds> arp_interval;
  std::vector<net::ip> arp_targets; ///< IPv4
  std::vector<net::ip> ns_targets;  ///< IPv6, Linux 5.19
  std::optional<std::uint32_t> arp_validate;
  std::optional<std::uint32_t> arp_all_targets;
  std::optional<std::uint32_t> primary;         ///< index of a port
  std::optional<std::uint32_t> active_port;     ///< index
  std::optional<std::uint8_t> primary_reselect; ///< 0: always, 1: better, 2: failure
  std::optional<std::uint8_t> fail_over_mac;    ///< 0: none, 1: active, 2: follow
  std::optional<std::uint8_t>
      transmit_hash_policy; ///< 0: layer2, 1: layer3+4, 2: layer2+3, 3: encap2+3, 4: encap3+4, 5: vlan+srcmac
  std::optional<std::uint32_t> resend_igmp;
  std::optional<std::uint8_t> peer_notifications; ///< how many
  std::optional<bool> all_ports_active;
  std::optional<std::uint32_t> min_links;
  std::optional<std::chrono::seconds> learning_packet_interval;
  std::optional<std::uint32_t> packets_per_port;
  std::optional<std::uint8_t> lacp_rate; ///< 0: slow, 1: fast
  std::optional<bool> lacp_active;       ///< Linux 5.16
  std::optional<std::uint8_t> ad_select; ///< 0: stable, 1: bandwidth, 2: count
  std::optional<std::uint16_t> ad_actor_system_priority;
  std::optional<std::uint16_t> ad_user_port_key;
  std::optional<net::mac> ad_actor_system;
  std::optional<bool> dynamic_balance;    ///< tlb_dynamic_lb
  std::optional<std::uint8_t> missed_max; ///< Linux 5.17
  std::optional<bool> coupled_control;    ///< Linux 6.8

  friend bool operator==(const bond&, const bond&) = default;
};

/// What a bond says of one of its ports (IFLA_BOND_SLAVE_*).
class bond_port {
public:
  bond_port() = default;

  std::optional<std::uint16_t> queue_id;
  std::optional<std::int32_t> priority; ///< Linux 6.0
  // only the kernel writes these
  std::optional<std::uint8_t> state;      ///< 0: active, 1: backup
  std::optional<std::uint8_t> mii_status; ///< 0: up, 1: going down, 2: down, 3: coming up
  std::optional<std::uint32_t> link_failures;
  std::optional<net::mac> permanent_address;
  std::optional<std::uint16_t> ad_aggregator;
  std::optional<std::uint8_t> ad_actor_port_state;
  std::optional<std::uint16_t> ad_partner_port_state;

  friend bool operator==(const bond_port&, const bond_port&) = default;
};

} // namespace linx::rtnl
