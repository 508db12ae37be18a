// Links are asked for with the bytes of ip(8), tunnels aside: those are in recorded_tunnel.cpp.
//
// Recorded with iproute2 6.1.0 by interposing sendmsg; sequence numbers are zeroed.
#include "rtnl/encode_link.hpp"
#include "rtnl/recorded.hpp"

#include <linx/net/literals.hpp>

BOOST_AUTO_TEST_SUITE(rtnl_recorded_link)

using namespace linx::net::literals;
using namespace std::chrono_literals;
namespace rtnl = linx::rtnl;
using linx::test::matches_recorded;

// ip link add d0 type dummy
BOOST_AUTO_TEST_CASE(the_request_for_d0_type_dummy)
{
  rtnl::new_link l("d0", rtnl::dummy());
  matches_recorded(
      l, "380000001000050600000000000000000000000000000000000000000000000007000300643000001000120009000100"
         "64756d6d79000000");
}

// ip link add i0 mtu 1400 txqueuelen 77 numtxqueues 2 address 02:00:00:00:00:07 type ifb
BOOST_AUTO_TEST_CASE(the_request_for_i0_mtu)
{
  auto settings = rtnl::link_change();
  settings.mtu(1400).tx_queue_length(77).address("02:00:00:00:00:07"_mac);
  auto l = rtnl::new_link("i0", rtnl::ifb()).with(settings);
  l.queues(2, 0);
  matches_recorded(
      l, "5800000010000506000000000000000000000000000000000000000000000000080004007805000008000d004d000000"
         "08001f00020000000a000100020000000007000007000300693000000c0012000700010069666200");
}

// ip link add link p0 name v100 type vlan id 100 protocol 802.1ad reorder_hdr off gvrp on loose_binding on
// ingress-qos-map 1:2 3:4 egress-qos-map 2:5
BOOST_AUTO_TEST_CASE(the_request_for_v100)
{
  rtnl::vlan k(100);
  k.protocol = 0x88a8;
  k.reorder_header = false;
  k.gvrp = true;
  k.loose_binding = true;
  k.ingress = {{1, 2}, {3, 4}};
  k.egress = {{2, 5}};
  auto l = rtnl::new_link("v100", k).lower(100u);
  matches_recorded(
      l, "8c0000001000050600000000000000000000000000000000000000000000000008000500640000000900030076313030"
         "000000005800120008000100766c616e4c00020006000100640000000600050088a800001c0004000c00010001000000"
         "020000000c0001000300000004000000100003000c00010002000000050000000c0002000600000007000000");
}

// ip link add b0 type bond mode 802.3ad miimon 100 updelay 200 downdelay 300 xmit_hash_policy layer3+4
// lacp_rate fast min_links 1 ad_select bandwidth
BOOST_AUTO_TEST_CASE(the_request_for_b0_type_bond)
{
  rtnl::bond k;
  k.mode = rtnl::bond_mode::lacp;
  k.miimon = 100ms;
  k.up_delay = 200ms;
  k.down_delay = 300ms;
  k.transmit_hash_policy = 1;
  k.lacp_rate = 1;
  k.min_links = 1;
  k.ad_select = 1;
  rtnl::new_link l("b0", k);
  matches_recorded(
      l, "780000001000050600000000000000000000000000000000000000000000000007000300623000005000120008000100"
         "626f6e64440002000500010004000000080003006400000008000400c8000000080005002c01000005000e0001000000"
         "050015000100000008001200010000000500160001000000");
}

// ip link add b1 type bond mode active-backup arp_interval 1000 arp_ip_target 10.0.0.1,10.0.0.2
// arp_validate all primary_reselect better fail_over_mac active num_grat_arp 3 all_slaves_active 1
// resend_igmp 2
BOOST_AUTO_TEST_CASE(the_request_for_b1_type_bond)
{
  rtnl::bond k;
  k.mode = rtnl::bond_mode::active_backup;
  k.arp_interval = 1000ms;
  k.arp_targets = {"10.0.0.1"_ip, "10.0.0.2"_ip};
  k.arp_validate = 3;
  k.primary_reselect = 1;
  k.fail_over_mac = 1;
  k.peer_notifications = 3;
  k.all_ports_active = true;
  k.resend_igmp = 2;
  rtnl::new_link l("b1", k);
  matches_recorded(
      l, "8c0000001000050600000000000000000000000000000000000000000000000007000300623100006400120008000100"
         "626f6e6458000200050001000100000008000700e803000014000800080000000a000001080001000a00000208000900"
         "0300000005000c000100000005000d00010000000500100003000000050011000100000008000f0002000000");
}

// ip link add vrf1 type vrf table 1000
BOOST_AUTO_TEST_CASE(the_request_for_vrf1)
{
  rtnl::new_link l("vrf1", rtnl::vrf(1000));
  matches_recorded(
      l, "440000001000050600000000000000000000000000000000000000000000000009000300767266310000000018001200"
         "07000100767266000c00020008000100e8030000");
}

// ip link add link p0 name ipvl0 type ipvlan mode l3s private
BOOST_AUTO_TEST_CASE(the_request_for_ipvl0)
{
  rtnl::ipvlan k(rtnl::ipvlan_mode::l3s);
  k.flags = 1;
  auto l = rtnl::new_link("ipvl0", k).lower(100u);
  matches_recorded(
      l, "580000001000050600000000000000000000000000000000000000000000000008000500640000000a0003006970766c"
         "30000000240012000a0001006970766c616e00001400020006000100020000000600020001000000");
}

// ip link add link p0 name ipvt0 type ipvtap mode l2 vepa
BOOST_AUTO_TEST_CASE(the_request_for_ipvt0)
{
  rtnl::ipvtap k(rtnl::ipvlan_mode::l2);
  k.flags = 2;
  auto l = rtnl::new_link("ipvt0", k).lower(100u);
  matches_recorded(
      l, "580000001000050600000000000000000000000000000000000000000000000008000500640000000a00030069707674"
         "30000000240012000a00010069707674617000001400020006000100000000000600020002000000");
}

// ip link add wg0 type wireguard
BOOST_AUTO_TEST_CASE(the_request_for_wg0)
{
  rtnl::new_link l("wg0", rtnl::wireguard());
  matches_recorded(
      l, "3c000000100005060000000000000000000000000000000000000000000000000800030077673000140012000d000100"
         "776972656775617264000000");
}

// ip link add link p0 name mt0 type macvtap mode vepa
BOOST_AUTO_TEST_CASE(the_request_for_mt0)
{
  auto l = rtnl::new_link("mt0", rtnl::macvtap(rtnl::macvlan_mode::vepa)).lower(100u);
  matches_recorded(
      l, "4c000000100005060000000000000000000000000000000000000000000000000800050064000000080003006d743000"
         "1c0012000b0001006d616376746170000c0002000800010002000000");
}

// ip link add br0 type bridge stp_state 1 priority 100 forward_delay 400 hello_time 200 max_age 600
// ageing_time 3000 vlan_filtering 1 vlan_protocol 802.1ad vlan_default_pvid 7 mcast_snooping 0
// mcast_querier 1 mcast_router 2 mcast_igmp_version 3 mcast_mld_version 2 group_fwd_mask 8
// nf_call_iptables 1 vlan_stats_enabled 1 vlan_stats_per_port 1 group_address 01:80:c2:00:00:05
// mcast_hash_max 1024 mcast_vlan_snooping 1 no_linklocal_learn 1
BOOST_AUTO_TEST_CASE(the_request_for_br0_type_bridge)
{
  rtnl::bridge k;
  k.stp_state = 1;
  k.priority = 100;
  k.forward_delay = 4s;
  k.hello_time = 2s;
  k.max_age = 6s;
  k.ageing_time = 30s;
  k.vlan_filtering = true;
  k.vlan_protocol = 0x88a8;
  k.vlan_default_pvid = 7;
  k.multicast_snooping = false;
  k.multicast_querier = true;
  k.multicast_router = 2;
  k.igmp_version = 3;
  k.mld_version = 2;
  k.group_forward_mask = 8;
  k.nf_call_iptables = true;
  k.vlan_statistics = true;
  k.vlan_statistics_per_port = true;
  k.group_address = "01:80:c2:00:00:05"_mac;
  k.multicast_hash_max = 1024;
  k.multicast_vlan_snooping = true;
  k.no_link_local_learn = true;
  rtnl::new_link l("br0", k);
  matches_recorded(
      l, "ec000000100005060000000000000000000000000000000000000000000000000800030062723000c40012000a000100"
         "6272696467650000b400020008000500010000000600060064000000080001009001000008000200c800000008000300"
         "5802000008000400b80b000005000700010000000600080088a800000600270007000000050017000000000005001900"
         "01000000050016000200000005002b000300000005002c00020000000600090008000000050024000100000005002900"
         "0100000005002d00010000000a0014000180c2000005000008001b00000400000c002e000300000003000000");
}

BOOST_AUTO_TEST_SUITE_END()
