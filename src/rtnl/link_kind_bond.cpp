#include "rtnl/kind_codec.hpp"

namespace linx::rtnl {

namespace {

constexpr field<bond> bond_rows[] = {
    LINX_SENT(bond, mode, IFLA_BOND_MODE, u8),
    LINX_SENT(bond, active_port, IFLA_BOND_ACTIVE_SLAVE, u32),
    LINX_SENT(bond, miimon, IFLA_BOND_MIIMON, millis32),
    LINX_SENT(bond, up_delay, IFLA_BOND_UPDELAY, millis32),
    LINX_SENT(bond, down_delay, IFLA_BOND_DOWNDELAY, millis32),
    LINX_SENT(bond, use_carrier, IFLA_BOND_USE_CARRIER, u8),
    LINX_SENT(bond, arp_interval, IFLA_BOND_ARP_INTERVAL, millis32),
    LINX_SENT(bond, arp_targets, IFLA_BOND_ARP_IP_TARGET, list_of<ip4>),
    LINX_SENT(bond, arp_validate, IFLA_BOND_ARP_VALIDATE, u32),
    LINX_SENT(bond, arp_all_targets, IFLA_BOND_ARP_ALL_TARGETS, u32),
    LINX_SENT(bond, primary, IFLA_BOND_PRIMARY, u32),
    LINX_SENT(bond, primary_reselect, IFLA_BOND_PRIMARY_RESELECT, u8),
    LINX_SENT(bond, fail_over_mac, IFLA_BOND_FAIL_OVER_MAC, u8),
    LINX_SENT(bond, transmit_hash_policy, IFLA_BOND_XMIT_HASH_POLICY, u8),
    LINX_SENT(bond, resend_igmp, IFLA_BOND_RESEND_IGMP, u32),
    LINX_SENT(bond, peer_notifications, IFLA_BOND_NUM_PEER_NOTIF, u8),
    LINX_SENT(bond, all_ports_active, IFLA_BOND_ALL_SLAVES_ACTIVE, u8),
    LINX_SENT(bond, min_links, IFLA_BOND_MIN_LINKS, u32),
    LINX_SENT(bond, learning_packet_interval, IFLA_BOND_LP_INTERVAL, seconds32),
    LINX_SENT(bond, packets_per_port, IFLA_BOND_PACKETS_PER_SLAVE, u32),
    LINX_SENT(bond, lacp_rate, IFLA_BOND_AD_LACP_RATE, u8),
    LINX_SENT(bond, ad_select, IFLA_BOND_AD_SELECT, u8),
    LINX_SENT(bond, ad_actor_system_priority, IFLA_BOND_AD_ACTOR_SYS_PRIO, u16),
    LINX_SENT(bond, ad_user_port_key, IFLA_BOND_AD_USER_PORT_KEY, u16),
    LINX_SENT(bond, ad_actor_system, IFLA_BOND_AD_ACTOR_SYSTEM, mac48),
    LINX_SENT(bond, dynamic_balance, IFLA_BOND_TLB_DYNAMIC_LB, u8),
    LINX_SENT(bond, peer_notify_delay, IFLA_BOND_PEER_NOTIF_DELAY, millis32),
    LINX_SENT(bond, lacp_active, IFLA_BOND_AD_LACP_ACTIVE, u8),
    LINX_SENT(bond, missed_max, IFLA_BOND_MISSED_MAX, u8),
    LINX_SENT(bond, ns_targets, IFLA_BOND_NS_IP6_TARGET, list_of<ip6>),
    LINX_SENT(bond, coupled_control, IFLA_BOND_COUPLED_CONTROL, u8)};

constexpr field<bond_port> bond_port_rows[] = {
    LINX_OBSERVED(bond_port, state, IFLA_BOND_SLAVE_STATE, u8),
    LINX_OBSERVED(bond_port, mii_status, IFLA_BOND_SLAVE_MII_STATUS, u8),
    LINX_OBSERVED(bond_port, link_failures, IFLA_BOND_SLAVE_LINK_FAILURE_COUNT, u32),
    LINX_OBSERVED(bond_port, permanent_address, IFLA_BOND_SLAVE_PERM_HWADDR, mac48),
    LINX_SENT(bond_port, queue_id, IFLA_BOND_SLAVE_QUEUE_ID, u16),
    LINX_OBSERVED(bond_port, ad_aggregator, IFLA_BOND_SLAVE_AD_AGGREGATOR_ID, u16),
    LINX_OBSERVED(bond_port, ad_actor_port_state, IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE, u8),
    LINX_OBSERVED(bond_port, ad_partner_port_state, IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE, u16),
    LINX_SENT(bond_port, priority, IFLA_BOND_SLAVE_PRIO, s32)};

} // namespace

std::string_view to_string(bond_mode mode) noexcept
{
  constexpr std::string_view names[] = {"balance-rr", "active-backup", "balance-xor", "broadcast",
                                        "802.3ad",    "balance-tlb",   "balance-alb"};
  const auto n = static_cast<std::size_t>(mode);
  return n < std::size(names) ? names[n] : "unknown";
}

constexpr kind_codec bond_codec = detail::codec<kind_data, bond, bond_rows>("bond");
constexpr port_codec bond_port_codec = detail::codec<master_data, bond_port, bond_port_rows>("bond");

} // namespace linx::rtnl
