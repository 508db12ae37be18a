#include "rtnl/kind_codec.hpp"

#include <linux/if_bridge.h>

#include <cstdio>

namespace linx::rtnl {

namespace {

// struct ifla_bridge_id: the priority in network order, the address
class id_wire {
public:
  template <class>
  static std::optional<bridge_id> read(const netlink::attribute& a)
  {
    if (a.payload().size() != sizeof(ifla_bridge_id)) return std::nullopt;
    bridge_id id;
    std::memcpy(&id.priority, a.payload().data(), sizeof id.priority);
    id.priority = netlink::network_order(id.priority);
    id.address = net::mac::from_bytes(a.payload().subspan(sizeof id.priority)).value_or(net::mac());
    return id;
  }
  // never sent
  static void put(netlink::message_builder&, std::uint16_t, const bridge_id&) {}
  static bool carries(const bridge_id&) noexcept { return true; }
};

// linux/if_link.h of 6.7
constexpr std::uint16_t IFLA_BR_FDB_N_LEARNED = IFLA_BR_MCAST_QUERIER_STATE + 1;
constexpr std::uint16_t IFLA_BR_FDB_MAX_LEARNED = IFLA_BR_FDB_N_LEARNED + 1;

// enum br_boolopt_id of linux/if_bridge.h
constexpr bit<bridge> bridge_switches[] = {
    {1u << 0, &bridge::no_link_local_learn, "no_link_local_learn"},
    {1u << 1, &bridge::multicast_vlan_snooping, "multicast_vlan_snooping"},
    {1u << 2, &bridge::mst, "mst"}};

constexpr field<bridge> bridge_rows[] = {
    LINX_SENT(bridge, forward_delay, IFLA_BR_FORWARD_DELAY, ticks32),
    LINX_SENT(bridge, hello_time, IFLA_BR_HELLO_TIME, ticks32),
    LINX_SENT(bridge, max_age, IFLA_BR_MAX_AGE, ticks32),
    LINX_SENT(bridge, ageing_time, IFLA_BR_AGEING_TIME, ticks32),
    LINX_SENT(bridge, stp_state, IFLA_BR_STP_STATE, u32),
    LINX_SENT(bridge, priority, IFLA_BR_PRIORITY, u16),
    LINX_SENT(bridge, vlan_filtering, IFLA_BR_VLAN_FILTERING, u8),
    LINX_SENT(bridge, vlan_protocol, IFLA_BR_VLAN_PROTOCOL, be16),
    LINX_SENT(bridge, vlan_default_pvid, IFLA_BR_VLAN_DEFAULT_PVID, u16),
    LINX_SENT(bridge, vlan_statistics, IFLA_BR_VLAN_STATS_ENABLED, u8),
    LINX_SENT(bridge, vlan_statistics_per_port, IFLA_BR_VLAN_STATS_PER_PORT, u8),
    LINX_SENT(bridge, group_forward_mask, IFLA_BR_GROUP_FWD_MASK, u16),
    LINX_SENT(bridge, group_address, IFLA_BR_GROUP_ADDR, mac48),
    LINX_SENT(bridge, multicast_router, IFLA_BR_MCAST_ROUTER, u8),
    LINX_SENT(bridge, multicast_snooping, IFLA_BR_MCAST_SNOOPING, u8),
    LINX_SENT(bridge, multicast_query_use_ifaddr, IFLA_BR_MCAST_QUERY_USE_IFADDR, u8),
    LINX_SENT(bridge, multicast_querier, IFLA_BR_MCAST_QUERIER, u8),
    LINX_SENT(bridge, multicast_statistics, IFLA_BR_MCAST_STATS_ENABLED, u8),
    LINX_SENT(bridge, multicast_hash_elasticity, IFLA_BR_MCAST_HASH_ELASTICITY, forgotten<u32>),
    LINX_SENT(bridge, multicast_hash_max, IFLA_BR_MCAST_HASH_MAX, u32),
    LINX_SENT(bridge, multicast_last_member_count, IFLA_BR_MCAST_LAST_MEMBER_CNT, u32),
    LINX_SENT(bridge, multicast_startup_query_count, IFLA_BR_MCAST_STARTUP_QUERY_CNT, u32),
    LINX_SENT(bridge, multicast_last_member_interval, IFLA_BR_MCAST_LAST_MEMBER_INTVL, ticks64),
    LINX_SENT(bridge, multicast_membership_interval, IFLA_BR_MCAST_MEMBERSHIP_INTVL, ticks64),
    LINX_SENT(bridge, multicast_querier_interval, IFLA_BR_MCAST_QUERIER_INTVL, ticks64),
    LINX_SENT(bridge, multicast_query_interval, IFLA_BR_MCAST_QUERY_INTVL, ticks64),
    LINX_SENT(bridge, multicast_query_response_interval, IFLA_BR_MCAST_QUERY_RESPONSE_INTVL, ticks64),
    LINX_SENT(bridge, multicast_startup_query_interval, IFLA_BR_MCAST_STARTUP_QUERY_INTVL, ticks64),
    LINX_SENT(bridge, igmp_version, IFLA_BR_MCAST_IGMP_VERSION, u8),
    LINX_SENT(bridge, mld_version, IFLA_BR_MCAST_MLD_VERSION, u8),
    LINX_SENT(bridge, nf_call_iptables, IFLA_BR_NF_CALL_IPTABLES, u8),
    LINX_SENT(bridge, nf_call_ip6tables, IFLA_BR_NF_CALL_IP6TABLES, u8),
    LINX_SENT(bridge, nf_call_arptables, IFLA_BR_NF_CALL_ARPTABLES, u8),
    switches<bridge, bridge_switches>(IFLA_BR_MULTI_BOOLOPT, "IFLA_BR_MULTI_BOOLOPT"),
    LINX_SENT(bridge, fdb_max_learned, IFLA_BR_FDB_MAX_LEARNED, u32),
    LINX_OBSERVED(bridge, fdb_learned, IFLA_BR_FDB_N_LEARNED, u32),
    LINX_OBSERVED(bridge, root_id, IFLA_BR_ROOT_ID, id_wire),
    LINX_OBSERVED(bridge, id, IFLA_BR_BRIDGE_ID, id_wire),
    LINX_OBSERVED(bridge, root_port, IFLA_BR_ROOT_PORT, u16),
    LINX_OBSERVED(bridge, root_path_cost, IFLA_BR_ROOT_PATH_COST, u32),
    LINX_OBSERVED(bridge, topology_change, IFLA_BR_TOPOLOGY_CHANGE, u8),
    LINX_OBSERVED(bridge, topology_change_detected, IFLA_BR_TOPOLOGY_CHANGE_DETECTED, u8)};

// linux/if_link.h of 6.2 and later
constexpr std::uint16_t IFLA_BRPORT_MAB = IFLA_BRPORT_LOCKED + 1;
constexpr std::uint16_t IFLA_BRPORT_MCAST_N_GROUPS = IFLA_BRPORT_LOCKED + 2;
constexpr std::uint16_t IFLA_BRPORT_MCAST_MAX_GROUPS = IFLA_BRPORT_LOCKED + 3;
constexpr std::uint16_t IFLA_BRPORT_NEIGH_VLAN_SUPPRESS = IFLA_BRPORT_LOCKED + 4;
constexpr std::uint16_t IFLA_BRPORT_BACKUP_NHID = IFLA_BRPORT_LOCKED + 5;

constexpr field<bridge_port> bridge_port_rows[] = {
    LINX_SENT(bridge_port, state, IFLA_BRPORT_STATE, u8),
    LINX_SENT(bridge_port, priority, IFLA_BRPORT_PRIORITY, u16),
    LINX_SENT(bridge_port, cost, IFLA_BRPORT_COST, u32),
    LINX_SENT(bridge_port, hairpin, IFLA_BRPORT_MODE, u8),
    LINX_SENT(bridge_port, guard, IFLA_BRPORT_GUARD, u8),
    LINX_SENT(bridge_port, root_block, IFLA_BRPORT_PROTECT, u8),
    LINX_SENT(bridge_port, fast_leave, IFLA_BRPORT_FAST_LEAVE, u8),
    LINX_SENT(bridge_port, learning, IFLA_BRPORT_LEARNING, u8),
    LINX_SENT(bridge_port, unicast_flood, IFLA_BRPORT_UNICAST_FLOOD, u8),
    LINX_SENT(bridge_port, multicast_flood, IFLA_BRPORT_MCAST_FLOOD, u8),
    LINX_SENT(bridge_port, broadcast_flood, IFLA_BRPORT_BCAST_FLOOD, u8),
    LINX_SENT(bridge_port, multicast_to_unicast, IFLA_BRPORT_MCAST_TO_UCAST, u8),
    LINX_SENT(bridge_port, proxy_arp, IFLA_BRPORT_PROXYARP, u8),
    LINX_SENT(bridge_port, proxy_arp_wifi, IFLA_BRPORT_PROXYARP_WIFI, u8),
    LINX_SENT(bridge_port, multicast_router, IFLA_BRPORT_MULTICAST_ROUTER, u8),
    LINX_SENT(bridge_port, vlan_tunnel, IFLA_BRPORT_VLAN_TUNNEL, u8),
    LINX_SENT(bridge_port, group_forward_mask, IFLA_BRPORT_GROUP_FWD_MASK, u16),
    LINX_SENT(bridge_port, neigh_suppress, IFLA_BRPORT_NEIGH_SUPPRESS, u8),
    LINX_SENT(bridge_port, neigh_vlan_suppress, IFLA_BRPORT_NEIGH_VLAN_SUPPRESS, u8),
    LINX_SENT(bridge_port, isolated, IFLA_BRPORT_ISOLATED, u8),
    LINX_SENT(bridge_port, backup_port, IFLA_BRPORT_BACKUP_PORT, u32),
    LINX_SENT(bridge_port, backup_nexthop, IFLA_BRPORT_BACKUP_NHID, u32),
    LINX_SENT(bridge_port, multicast_eht_hosts_limit, IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT, u32),
    LINX_SENT(bridge_port, multicast_max_groups, IFLA_BRPORT_MCAST_MAX_GROUPS, u32),
    LINX_SENT(bridge_port, locked, IFLA_BRPORT_LOCKED, u8),
    LINX_SENT(bridge_port, mac_authentication_bypass, IFLA_BRPORT_MAB, u8),
    LINX_OBSERVED(bridge_port, root_id, IFLA_BRPORT_ROOT_ID, id_wire),
    LINX_OBSERVED(bridge_port, designated_bridge, IFLA_BRPORT_BRIDGE_ID, id_wire),
    LINX_OBSERVED(bridge_port, designated_port, IFLA_BRPORT_DESIGNATED_PORT, u16),
    LINX_OBSERVED(bridge_port, designated_cost, IFLA_BRPORT_DESIGNATED_COST, u16),
    LINX_OBSERVED(bridge_port, id, IFLA_BRPORT_ID, u16),
    LINX_OBSERVED(bridge_port, number, IFLA_BRPORT_NO, u16),
    LINX_OBSERVED(bridge_port, topology_change_ack, IFLA_BRPORT_TOPOLOGY_CHANGE_ACK, u8),
    LINX_OBSERVED(bridge_port, config_pending, IFLA_BRPORT_CONFIG_PENDING, u8),
    LINX_OBSERVED(bridge_port, multicast_eht_hosts, IFLA_BRPORT_MCAST_EHT_HOSTS_CNT, u32),
    LINX_OBSERVED(bridge_port, multicast_groups, IFLA_BRPORT_MCAST_N_GROUPS, u32)};

using netlink::attribute_names;
constexpr auto port_entries = detail::row_names<bridge_port_rows>();
constexpr attribute_names port_names(0, port_entries);
constexpr attribute_names::entry flag_entries[] = {LINX_NAME(IFLA_BRIDGE_FLAGS),
                                                   LINX_NAME(IFLA_BRIDGE_VLAN_INFO)};
constexpr attribute_names bridge_flag_names(0, flag_entries);
constexpr attribute_names::entry request_entries[] = {LINX_NEST(IFLA_PROTINFO, port_names),
                                                      LINX_NEST(IFLA_AF_SPEC, bridge_flag_names)};

} // namespace

std::string to_string(const bridge_id& id)
{
  std::array<char, 8> priority{};
  const int length = std::snprintf(priority.data(), priority.size(), "%04x.", unsigned(id.priority));
  return std::string(priority.data(), static_cast<std::size_t>(length)) + to_string(id.address);
}

std::string_view to_string(stp_state state) noexcept
{
  constexpr std::string_view names[] = {"disabled", "listening", "learning", "forwarding", "blocking"};
  const auto n = static_cast<std::size_t>(state);
  return n < std::size(names) ? names[n] : "unknown";
}

constexpr kind_codec bridge_codec = detail::codec<kind_data, bridge, bridge_rows>("bridge");
constexpr port_codec bridge_port_codec = detail::codec<master_data, bridge_port, bridge_port_rows>("bridge");
constexpr attribute_names bridge_port_names(sizeof(ifinfomsg), request_entries, describe_link);

} // namespace linx::rtnl
