#include "kind_tables.hpp"

namespace ip_tool {

namespace rtnl = linx::rtnl;
using rtnl::bond;
using rtnl::bond_port;

namespace {

// linux/if_bonding.h; the words are those of Documentation/networking/bonding.rst
constexpr choice modes[] = {{0, "balance-rr"}, {1, "active-backup"}, {2, "balance-xor"}, {3, "broadcast"},
                            {4, "802.3ad"},    {5, "balance-tlb"},   {6, "balance-alb"}};
constexpr choice validations[] = {{0, "none"},   {1, "active"},        {2, "backup"},       {3, "all"},
                                  {4, "filter"}, {5, "filter_active"}, {6, "filter_backup"}};
constexpr choice all_targets[] = {{0, "any"}, {1, "all"}};
constexpr choice reselections[] = {{0, "always"}, {1, "better"}, {2, "failure"}};
constexpr choice fail_over_macs[] = {{0, "none"}, {1, "active"}, {2, "follow"}};
constexpr choice hash_policies[] = {{0, "layer2"},   {1, "layer3+4"}, {2, "layer2+3"},
                                    {3, "encap2+3"}, {4, "encap3+4"}, {5, "vlan+srcmac"}};
constexpr choice lacp_rates[] = {{0, "slow"}, {1, "fast"}};
constexpr choice off_on[] = {{0, "off"}, {1, "on"}};
constexpr choice ad_selects[] = {{0, "stable"}, {1, "bandwidth"}, {2, "count"}};
constexpr choice port_states[] = {{0, "ACTIVE"}, {1, "BACKUP"}};
constexpr choice mii_states[] = {{0, "UP"}, {1, "GOING_DOWN"}, {2, "DOWN"}, {3, "GOING_BACK"}};

/// JSON has null for "none".
class validation : public one_of<validations> {
public:
  static json show(std::uint32_t value, const link_names& links)
  {
    return value == 0 ? json() : one_of::show(value, links);
  }
};

constexpr option<bond> bond_options[] = {
    valued<&bond::mode, one_of<modes>>("mode"),
    valued<&bond::active_port, device>("active_slave"),
    valued<&bond::miimon, milliseconds>("miimon"),
    valued<&bond::up_delay, milliseconds>("updelay"),
    valued<&bond::down_delay, milliseconds>("downdelay"),
    valued<&bond::peer_notify_delay, milliseconds>("peer_notify_delay"),
    valued<&bond::use_carrier, switch_number>("use_carrier"),
    valued<&bond::arp_interval, milliseconds>("arp_interval"),
    valued<&bond::missed_max, small_number>("arp_missed_max"),
    valued<&bond::arp_targets, list_of<ip_address>>("arp_ip_target"),
    valued<&bond::ns_targets, list_of<ip_address>>("ns_ip6_target"),
    valued<&bond::arp_validate, validation>("arp_validate"),
    valued<&bond::arp_all_targets, one_of<all_targets>>("arp_all_targets"),
    valued<&bond::primary, device>("primary"),
    valued<&bond::primary_reselect, one_of<reselections>>("primary_reselect"),
    valued<&bond::fail_over_mac, one_of<fail_over_macs>>("fail_over_mac"),
    valued<&bond::transmit_hash_policy, one_of<hash_policies>>("xmit_hash_policy"),
    valued<&bond::resend_igmp, number<>>("resend_igmp"),
    valued<&bond::peer_notifications, small_number>("num_grat_arp", "num_peer_notif"),
    valued<&bond::peer_notifications, small_number>("num_unsol_na", ""),
    valued<&bond::all_ports_active, switch_number>("all_slaves_active"),
    valued<&bond::min_links, number<>>("min_links"),
    valued<&bond::learning_packet_interval, seconds>("lp_interval"),
    valued<&bond::packets_per_port, number<>>("packets_per_slave"),
    valued<&bond::lacp_active, one_of<off_on>>("lacp_active", "ad_lacp_active"),
    valued<&bond::lacp_rate, one_of<lacp_rates>>("lacp_rate", "ad_lacp_rate"),
    valued<&bond::ad_select, one_of<ad_selects>>("ad_select"),
    valued<&bond::ad_actor_system_priority, number<UINT16_MAX>>("ad_actor_sys_prio"),
    valued<&bond::ad_user_port_key, number<UINT16_MAX>>("ad_user_port_key"),
    valued<&bond::ad_actor_system, hardware_address>("ad_actor_system"),
    valued<&bond::dynamic_balance, switch_number>("tlb_dynamic_lb"),
    valued<&bond::coupled_control, one_of<off_on>>("coupled_control")};

constexpr option<bond_port> bond_port_options[] = {
    shown<&bond_port::state, one_of<port_states>>("state"),
    shown<&bond_port::mii_status, one_of<mii_states>>("mii_status"),
    shown<&bond_port::link_failures, number<>>("link_failure_count"),
    shown<&bond_port::permanent_address, hardware_address>("perm_hwaddr"),
    valued<&bond_port::queue_id, number<UINT16_MAX>>("queue_id"),
    valued<&bond_port::priority, signed_number>("prio"),
    shown<&bond_port::ad_aggregator, number<>>("ad_aggregator_id"),
    shown<&bond_port::ad_actor_port_state, number<>>("ad_actor_oper_port_state"),
    shown<&bond_port::ad_partner_port_state, number<>>("ad_partner_oper_port_state")};

} // namespace

constexpr link_kind bond_kind = link_kind_by_table<bond, bond_options>("bond");
constexpr port_kind bond_port_kind = port_kind_by_table<bond_port, bond_port_options>("bond_slave");

} // namespace ip_tool
