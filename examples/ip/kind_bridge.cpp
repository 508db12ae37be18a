#include "kind_tables.hpp"

#include <cstdio>

namespace ip_tool {

namespace rtnl = linx::rtnl;
using rtnl::bridge;
using rtnl::bridge_port;

namespace {

/// BR_STATE_* of linux/if_bridge.h
constexpr choice states[] = {
    {0, "disabled"}, {1, "listening"}, {2, "learning"}, {3, "forwarding"}, {4, "blocking"}};

/// Priority in four digits, and the address with as few digits as it takes.
class identifier {
public:
  static json show(const rtnl::bridge_id& id, const link_names&)
  {
    char text[32];
    std::snprintf(text, sizeof text, "%04x", unsigned(id.priority));
    std::string all = text;
    char separator = '.';
    for (const auto byte : id.address.bytes()) {
      std::snprintf(text, sizeof text, "%c%x", separator, unsigned(byte));
      all += text;
      separator = ':';
    }
    return all;
  }
};

constexpr option<bridge> bridge_options[] = {
    valued<&bridge::forward_delay, centiseconds>("forward_delay"),
    valued<&bridge::hello_time, centiseconds>("hello_time"),
    valued<&bridge::max_age, centiseconds>("max_age"),
    valued<&bridge::ageing_time, centiseconds>("ageing_time"),
    valued<&bridge::stp_state, number<>>("stp_state"),
    valued<&bridge::priority, number<UINT16_MAX>>("priority"),
    valued<&bridge::vlan_filtering, switch_number>("vlan_filtering"),
    valued<&bridge::vlan_protocol, one_of<vlan_protocols>>("vlan_protocol"),
    shown<&bridge::id, identifier>("bridge_id"),
    shown<&bridge::root_id, identifier>("root_id"),
    shown<&bridge::root_port, number<>>("root_port"),
    shown<&bridge::root_path_cost, number<>>("root_path_cost"),
    shown<&bridge::topology_change, switch_number>("topology_change"),
    shown<&bridge::topology_change_detected, switch_number>("topology_change_detected"),
    valued<&bridge::vlan_default_pvid, number<4095>>("vlan_default_pvid"),
    valued<&bridge::vlan_statistics, switch_number>("vlan_stats_enabled"),
    valued<&bridge::vlan_statistics_per_port, switch_number>("vlan_stats_per_port"),
    valued<&bridge::group_forward_mask, hexadecimal<UINT16_MAX>>("group_fwd_mask"),
    valued<&bridge::group_address, hardware_address>("group_address", "group_addr"),
    valued<&bridge::multicast_snooping, switch_number>("mcast_snooping"),
    valued<&bridge::no_link_local_learn, switch_number>("no_linklocal_learn"),
    valued<&bridge::multicast_vlan_snooping, switch_number>("mcast_vlan_snooping"),
    valued<&bridge::mst, switch_number>("mst_enabled"),
    valued<&bridge::multicast_router, small_number>("mcast_router"),
    valued<&bridge::multicast_query_use_ifaddr, switch_number>("mcast_query_use_ifaddr"),
    valued<&bridge::multicast_querier, switch_number>("mcast_querier"),
    valued<&bridge::multicast_hash_elasticity, number<>>("mcast_hash_elasticity"),
    valued<&bridge::multicast_hash_max, number<>>("mcast_hash_max"),
    valued<&bridge::multicast_last_member_count, number<>>("mcast_last_member_count",
                                                           "mcast_last_member_cnt"),
    valued<&bridge::multicast_startup_query_count, number<>>("mcast_startup_query_count",
                                                             "mcast_startup_query_cnt"),
    valued<&bridge::multicast_last_member_interval, centiseconds>("mcast_last_member_interval",
                                                                  "mcast_last_member_intvl"),
    valued<&bridge::multicast_membership_interval, centiseconds>("mcast_membership_interval",
                                                                 "mcast_membership_intvl"),
    valued<&bridge::multicast_querier_interval, centiseconds>("mcast_querier_interval",
                                                              "mcast_querier_intvl"),
    valued<&bridge::multicast_query_interval, centiseconds>("mcast_query_interval", "mcast_query_intvl"),
    valued<&bridge::multicast_query_response_interval, centiseconds>("mcast_query_response_interval",
                                                                     "mcast_query_response_intvl"),
    valued<&bridge::multicast_startup_query_interval, centiseconds>("mcast_startup_query_interval",
                                                                    "mcast_startup_query_intvl"),
    valued<&bridge::multicast_statistics, switch_number>("mcast_stats_enabled"),
    valued<&bridge::igmp_version, small_number>("mcast_igmp_version"),
    valued<&bridge::mld_version, small_number>("mcast_mld_version"),
    valued<&bridge::nf_call_iptables, switch_number>("nf_call_iptables"),
    valued<&bridge::nf_call_ip6tables, switch_number>("nf_call_ip6tables"),
    valued<&bridge::nf_call_arptables, switch_number>("nf_call_arptables"),
    valued<&bridge::fdb_max_learned, number<>>("fdb_max_learned"),
    shown<&bridge::fdb_learned, number<>>("fdb_n_learned")};

constexpr option<bridge_port> port_options[] = {
    valued<&bridge_port::state, one_of<states>>("state"),
    valued<&bridge_port::priority, number<UINT16_MAX>>("priority"),
    valued<&bridge_port::cost, number<>>("cost"),
    valued<&bridge_port::hairpin, on_off>("hairpin"),
    valued<&bridge_port::guard, on_off>("guard"),
    valued<&bridge_port::root_block, on_off>("root_block"),
    valued<&bridge_port::fast_leave, on_off>("fastleave"),
    valued<&bridge_port::fast_leave, on_off>("mcast_fast_leave", ""),
    valued<&bridge_port::learning, on_off>("learning"),
    valued<&bridge_port::unicast_flood, on_off>("flood"),
    shown<&bridge_port::id, hexadecimal<>>("id"),
    shown<&bridge_port::number, hexadecimal<>>("no"),
    shown<&bridge_port::designated_port, number<>>("designated_port"),
    shown<&bridge_port::designated_cost, number<>>("designated_cost"),
    shown<&bridge_port::designated_bridge, identifier>("bridge_id"),
    shown<&bridge_port::root_id, identifier>("root_id"),
    shown<&bridge_port::topology_change_ack, switch_number>("topology_change_ack"),
    shown<&bridge_port::config_pending, switch_number>("config_pending"),
    valued<&bridge_port::proxy_arp, on_off>("proxy_arp"),
    valued<&bridge_port::proxy_arp_wifi, on_off>("proxy_arp_wifi"),
    valued<&bridge_port::multicast_router, small_number>("mcast_router", "multicast_router"),
    valued<&bridge_port::multicast_flood, on_off>("mcast_flood"),
    valued<&bridge_port::broadcast_flood, on_off>("bcast_flood"),
    valued<&bridge_port::multicast_to_unicast, on_off>("mcast_to_unicast"),
    valued<&bridge_port::neigh_suppress, on_off>("neigh_suppress"),
    valued<&bridge_port::group_forward_mask, hexadecimal<UINT16_MAX>>("group_fwd_mask"),
    valued<&bridge_port::vlan_tunnel, on_off>("vlan_tunnel"),
    valued<&bridge_port::isolated, on_off>("isolated"),
    valued<&bridge_port::locked, on_off>("locked"),
    valued<&bridge_port::backup_port, device>("backup_port"),
    valued<&bridge_port::mac_authentication_bypass, on_off>("mab"),
    valued<&bridge_port::neigh_vlan_suppress, on_off>("neigh_vlan_suppress"),
    valued<&bridge_port::backup_nexthop, number<>>("backup_nhid")};

} // namespace

constexpr link_kind bridge_kind = link_kind_by_table<bridge, bridge_options>("bridge");
constexpr port_kind bridge_port_kind = port_kind_by_table<bridge_port, port_options>("bridge_slave");

} // namespace ip_tool
