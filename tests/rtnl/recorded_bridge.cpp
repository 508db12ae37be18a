// Ports, VLANs and forwarding tables are asked for with the bytes of bridge(8).
//
// Recorded with iproute2 6.1.0 by interposing sendmsg; sequence numbers are zeroed.
#include "rtnl/encode_bridge.hpp"
#include "rtnl/recorded.hpp"

#include <linx/net/literals.hpp>
#include <linx/rtnl/bridge_port.hpp>

#include <linux/neighbour.h>

BOOST_AUTO_TEST_SUITE(rtnl_recorded_bridge)

using namespace linx::net::literals;
namespace rtnl = linx::rtnl;
using linx::test::message_lines;
using linx::test::same_lines;
using linx::test::unhex;

namespace {

template <class Header>
void matches(const linx::result<linx::netlink::message_builder>& request, std::string_view recorded)
{
  BOOST_REQUIRE_MESSAGE(request.has_value(), (request ? std::string() : request.error().message()));
  same_lines(message_lines(request.value().bytes(), sizeof(Header), *request.value().names()),
             message_lines(unhex(recorded), sizeof(Header), *request.value().names()));
}

} // namespace

// bridge link set dev p0 cost 7 priority 9 state 4 learning off flood off hairpin on guard on isolated on
// neigh_suppress on fastleave on mcast_flood off bcast_flood off
BOOST_AUTO_TEST_CASE(the_request_for_port_options)
{
  rtnl::bridge_port port;
  port.guard = true;
  port.hairpin = true;
  port.fast_leave = true;
  port.unicast_flood = false;
  port.multicast_flood = false;
  port.broadcast_flood = false;
  port.learning = false;
  port.cost = 7;
  port.priority = 9;
  port.state = rtnl::stp_state::blocking;
  port.neigh_suppress = true;
  port.isolated = true;
  matches<ifinfomsg>(
      rtnl::encode_change(100, port),
      "840000001300050000000000000000000700000064000000000000000000000064000c80050005000100000005000400"
      "010000000500070001000000050009000000000005001b000000000005001e0000000000050008000000000008000300"
      "070000000600020009000000050001000400000005002000010000000500210001000000");
}

// bridge vlan add dev p0 vid 10-20 untagged
// bridge vlan add dev p0 vid 30 pvid untagged master
// bridge vlan add dev br9 vid 40 self
// bridge vlan del dev p0 vid 10-20
BOOST_AUTO_TEST_CASE(the_requests_for_vlans)
{
  rtnl::bridge_vlan range(10, 20);
  range.untagged = true;
  matches<ifinfomsg>(
      rtnl::encode_bridge_vlan(RTM_SETLINK, 100, range),
      "340000001300050000000000000000000700000064000000000000000000000014001a00080002000c000a0008000200"
      "14001400");
  matches<ifinfomsg>(
      rtnl::encode_bridge_vlan(RTM_DELLINK, 100, rtnl::bridge_vlan(10, 20)),
      "340000001100050000000000000000000700000064000000000000000000000014001a000800020008000a0008000200"
      "10001400");
  rtnl::bridge_vlan own(40);
  own.self = true;
  matches<ifinfomsg>(
      rtnl::encode_bridge_vlan(RTM_SETLINK, 101, own),
      "340000001300050000000000000000000700000065000000000000000000000014001a00060000000200000008000200"
      "00002800");
}

// bridge fdb add 02:00:00:00:00:11 dev p0 master static vlan 10
// bridge fdb append 02:00:00:00:00:12 dev vx0 dst 10.0.0.9 port 4790 vni 50 self
// bridge fdb replace 02:00:00:00:00:13 dev p0 master dynamic
// bridge fdb del 02:00:00:00:00:11 dev p0 master
// bridge fdb flush dev p0 vlan 10 static
BOOST_AUTO_TEST_CASE(the_requests_for_forwarding_entries)
{
  rtnl::fdb_entry entry(100, "02:00:00:00:00:11"_mac);
  entry.state = rtnl::fdb_entry::fixed | rtnl::fdb_entry::dynamic;
  entry.vlan = 10;
  matches<ndmsg>(
      rtnl::encode_fdb(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL, entry),
      "300000001c00050600000000000000000700000064000000420004000a0002000200000000110000060005000a000000");
  rtnl::fdb_entry far(3, "02:00:00:00:00:12"_mac);
  far.state = rtnl::fdb_entry::permanent | rtnl::fdb_entry::fixed;
  far.destination = "10.0.0.9"_ip;
  far.port = 4790;
  far.vni = 50;
  matches<ndmsg>(
      rtnl::encode_fdb(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_APPEND, far),
      "400000001c00050c00000000000000000700000003000000c00002000a0002000200000000120000080001000a000009"
      "0600060012b600000800070032000000");
  rtnl::fdb_entry moving(100, "02:00:00:00:00:13"_mac);
  moving.state = rtnl::fdb_entry::dynamic;
  matches<ndmsg>(rtnl::encode_fdb(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, moving),
                 "280000001c00050500000000000000000700000064000000020004000a0002000200000000130000");
  rtnl::fdb_entry gone(100, "02:00:00:00:00:11"_mac);
  gone.state = rtnl::fdb_entry::permanent | rtnl::fdb_entry::fixed;
  matches<ndmsg>(rtnl::encode_fdb(RTM_DELNEIGH, 0, gone),
                 "280000001d00050000000000000000000700000064000000c00004000a0002000200000000110000");
  matches<ndmsg>(
      rtnl::encode_flush_fdb(100, rtnl::fdb_flush().vlan(10).state(rtnl::fdb_entry::fixed, 0xc0).self()),
      "2c0000001d0005020000000000000000070000006400000040000200060005000a00000006001000c0000000");
}

// What no bridge can do is told before anything is sent: the kernel says EINVAL to all of it.
BOOST_AUTO_TEST_CASE(impossible_vlans_are_refused)
{
  rtnl::bridge_vlan pvid_of_many(10, 20);
  pvid_of_many.pvid = true;
  for (const auto& range :
       {rtnl::bridge_vlan(0), rtnl::bridge_vlan(4095), rtnl::bridge_vlan(20, 10), pvid_of_many}) {
    const auto refused = rtnl::encode_bridge_vlan(RTM_SETLINK, 100, range);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().where() == linx::stage::argument));
  }
  rtnl::fdb_entry both(3, "02:00:00:00:00:12"_mac);
  both.destination = "10.0.0.9"_ip;
  both.nexthop = 1;
  BOOST_TEST(!rtnl::encode_fdb(RTM_NEWNEIGH, 0, both));
}

BOOST_AUTO_TEST_SUITE_END()
