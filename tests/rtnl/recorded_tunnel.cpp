// Tunnels are asked for with the bytes of ip(8).
//
// Recorded with iproute2 6.1.0 by interposing sendmsg; sequence numbers are zeroed.
#include "rtnl/encode_link.hpp"
#include "rtnl/recorded.hpp"

#include <linx/net/literals.hpp>

BOOST_AUTO_TEST_SUITE(rtnl_recorded_tunnel)

using namespace linx::net::literals;
using namespace std::chrono_literals;
namespace rtnl = linx::rtnl;
using linx::test::matches_recorded;

namespace {

// ip(8) says so, the kernel's default is the same.
template <class Kind>
void no_encapsulation(Kind& k)
{
  k.encap_type = 0;
  k.encap_flags = 0;
  k.encap_source_port = 0;
  k.encap_port = 0;
}

} // namespace

// ip link add gre1 type gre local 10.0.0.1 remote 10.0.0.2 ttl 64 tos 16 ikey 1 okey 2 iseq ocsum
// nopmtudisc ignore-df fwmark 7
BOOST_AUTO_TEST_CASE(the_request_for_gre1)
{
  rtnl::gre k("10.0.0.1"_ip, "10.0.0.2"_ip);
  k.ttl = 64;
  k.tos = 0x16; // ip(8) takes it in hexadecimal
  k.input_flags = 0x3000;
  k.output_flags = 0xa000;
  k.input_key = 1;
  k.output_key = 2;
  k.path_mtu_discovery = false;
  k.ignore_df = true;
  k.fwmark = 7;
  no_encapsulation(k);
  rtnl::new_link l("gre1", k);
  matches_recorded(
      l, "b40000001000050600000000000000000000000000000000000000000000000009000300677265310000000088001200"
         "07000100677265007c00020008000400000000010800050000000002060002003000000006000300a000000008000600"
         "0a000001080007000a00000205000a000000000005001300010000000500090016000000050008004000000008001400"
         "0700000006000e000000000006000f000000000006001000000000000600110000000000");
}

// ip link add gret1 type gretap local 10.0.0.1 remote 10.0.0.2 ttl 64 key 9 encap fou encap-sport auto
// encap-dport 5555 encap-csum
BOOST_AUTO_TEST_CASE(the_request_for_gret1)
{
  rtnl::gretap k("10.0.0.1"_ip, "10.0.0.2"_ip);
  k.ttl = 64;
  k.tos = 0;
  k.set_key(9);
  k.path_mtu_discovery = true;
  k.fwmark = 0;
  k.encap_type = 1;
  k.encap_flags = 1;
  k.encap_source_port = 0;
  k.encap_port = 5555;
  rtnl::new_link l("gret1", k);
  matches_recorded(
      l, "b0000000100005060000000000000000000000000000000000000000000000000a000300677265743100000084001200"
         "0a0001006772657461700000740002000800040000000009080005000000000906000200200000000600030020000000"
         "080006000a000001080007000a00000205000a0001000000050009000000000005000800400000000800140000000000"
         "06000e000100000006000f000100000006001000000000000600110015b30000");
}

// ip link add gre6 type ip6gre local 2001:db8::1 remote 2001:db8::2 hoplimit 64 encaplimit 3 key 4
// flowlabel 0x12345 tclass 0x10
BOOST_AUTO_TEST_CASE(the_request_for_gre6)
{
  rtnl::ip6gre k("2001:db8::1"_ip, "2001:db8::2"_ip);
  k.ttl = 64;
  k.set_key(4);
  k.encap_limit = 3;
  k.flow_info = 0x01012345;
  k.flags = 0;
  k.fwmark = 0;
  no_encapsulation(k);
  k.encap_flags = 2;
  rtnl::new_link l("gre6", k);
  matches_recorded(
      l, "d800000010000506000000000000000000000000000000000000000000000000090003006772653600000000ac001200"
         "0a00010069703667726500009c0002000800040000000004080005000000000406000200200000000600030020000000"
         "1400060020010db80000000000000000000000011400070020010db80000000000000000000000020500080040000000"
         "05000b000300000008000c000101234508000d00000000000800140000000000050016000100000006000e0000000000"
         "06000f000200000006001000000000000600110000000000");
}

// ip link add gret6 type ip6gretap local 2001:db8::1 remote 2001:db8::2 encaplimit none
BOOST_AUTO_TEST_CASE(the_request_for_gret6)
{
  rtnl::ip6gretap k("2001:db8::1"_ip, "2001:db8::2"_ip);
  k.ttl = 64;
  k.input_flags = 0;
  k.output_flags = 0;
  k.input_key = 0;
  k.output_key = 0;
  k.encap_limit = 4;
  k.flow_info = 0;
  k.flags = 1; // IP6_TNL_F_IGN_ENCAP_LIMIT
  k.fwmark = 0;
  no_encapsulation(k);
  k.encap_flags = 2;
  rtnl::new_link l("gret6", k);
  matches_recorded(
      l, "dc000000100005060000000000000000000000000000000000000000000000000a0003006772657436000000b0001200"
         "0d0001006970366772657461700000009c00020008000400000000000800050000000000060002000000000006000300"
         "000000001400060020010db80000000000000000000000011400070020010db800000000000000000000000205000800"
         "4000000005000b000400000008000c000000000008000d00010000000800140000000000050016000100000006000e00"
         "0000000006000f000200000006001000000000000600110000000000");
}

// ip link add ipip1 type ipip local 10.0.0.1 remote 10.0.0.2 ttl 32 dev p0 pmtudisc mode any
BOOST_AUTO_TEST_CASE(the_request_for_ipip1)
{
  rtnl::ipip k("10.0.0.1"_ip, "10.0.0.2"_ip);
  k.ttl = 32;
  k.tos = 0;
  k.protocol = 0;
  k.path_mtu_discovery = true;
  k.fwmark = 0;
  no_encapsulation(k);
  auto l = rtnl::new_link("ipip1", k).lower(100u);
  matches_recorded(
      l, "9c000000100005060000000000000000000000000000000000000000000000000a000300697069703100000070001200"
         "0800010069706970640002000500090000000000080002000a000001080003000a00000205000a000100000005000500"
         "0000000005000400200000000800010064000000080014000000000006000f0000000000060010000000000006001100"
         "000000000600120000000000");
}

// ip link add sit1 type sit local 10.0.0.1 remote 10.0.0.2 ttl 32 isatap mode ip6ip 6rd-prefix
// 2001:db8::/32 6rd-relay_prefix 10.0.0.0/8
BOOST_AUTO_TEST_CASE(the_request_for_sit1)
{
  rtnl::sit k("10.0.0.1"_ip, "10.0.0.2"_ip);
  k.ttl = 32;
  k.tos = 0;
  k.lower = 0;
  k.protocol = 41;
  k.flags = 1; // SIT_ISATAP
  k.path_mtu_discovery = true;
  k.prefix_6rd = "2001:db8::"_ip;
  k.prefix_length_6rd = 32;
  k.relay_prefix_6rd = "10.0.0.0"_ip;
  k.relay_prefix_length_6rd = 8;
  k.fwmark = 0;
  no_encapsulation(k);
  rtnl::new_link l("sit1", k);
  matches_recorded(
      l, "d000000010000506000000000000000000000000000000000000000000000000090003007369743100000000a4001200"
         "0700010073697400980002000500090029000000080002000a000001080003000a00000205000a000100000005000500"
         "0000000005000400200000000800010000000000080014000000000006000f0000000000060010000000000006001100"
         "000000000600120000000000060008000100000014000b0020010db800000000000000000000000006000d0020000000"
         "08000c000a00000006000e0008000000");
}

// ip link add tnl6 type ip6tnl mode ip4ip6 local 2001:db8::1 remote 2001:db8::2 hoplimit 32 encaplimit 2
// tclass 0x10 flowlabel 0x123 dev p0
BOOST_AUTO_TEST_CASE(the_request_for_tnl6)
{
  rtnl::ip6tnl k("2001:db8::1"_ip, "2001:db8::2"_ip);
  k.ttl = 32;
  k.protocol = 4;
  k.encap_limit = 2;
  k.flow_info = 0x01000123;
  k.flags = 0;
  k.fwmark = 0;
  no_encapsulation(k);
  k.encap_flags = 2;
  auto l = rtnl::new_link("tnl6", k).lower(100u);
  matches_recorded(
      l, "c00000001000050600000000000000000000000000000000000000000000000009000300746e6c360000000094001200"
         "0a000100697036746e6c00008400020005000900040000001400020020010db800000000000000000000000114000300"
         "20010db80000000000000000000000020500040020000000050006000200000008000700010001230800080000000000"
         "0800010064000000080014000000000006000f0000000000060010000200000006001100000000000600120000000000");
}

// ip link add gnv0 type geneve id 77 remote 10.0.0.2 ttl 5 tos 8 dstport 6082 noudpcsum df set
BOOST_AUTO_TEST_CASE(the_request_for_gnv0)
{
  rtnl::geneve k(77, "10.0.0.2"_ip);
  k.ttl = 5;
  k.tos = 8;
  k.port = 6082;
  k.udp_checksum = false;
  k.df = rtnl::dont_fragment::set;
  k.label = 0;
  rtnl::new_link l("gnv0", k);
  matches_recorded(
      l, "800000001000050600000000000000000000000000000000000000000000000009000300676e76300000000054001200"
         "0a00010067656e65766500004400020005000d0001000000080001004d000000080002000a00000208000b0000000000"
         "050003000500000005000400080000000600050017c200000500080000000000");
}

// ip link add gnv1 type geneve external
BOOST_AUTO_TEST_CASE(the_request_for_gnv1)
{
  rtnl::geneve k;
  k.id = 0;
  k.collect_metadata = true;
  k.label = 0;
  k.ttl = 0;
  k.tos = 0;
  rtnl::new_link l("gnv1", k);
  matches_recorded(
      l, "640000001000050600000000000000000000000000000000000000000000000009000300676e76310000000038001200"
         "0a00010067656e657665000028000200080001000000000008000b000000000005000300000000000500040000000000"
         "04000600");
}

// ip link add vx0 type vxlan id 42 local 10.0.0.1 group 239.1.1.1 dev p0 dstport 4789 ttl 4 tos 8
// nolearning ageing 100 maxaddress 1000 srcport 1000 2000 proxy rsc l2miss l3miss udpcsum gbp df set
BOOST_AUTO_TEST_CASE(the_request_for_vx0)
{
  rtnl::vxlan k(42);
  k.local = "10.0.0.1"_ip;
  k.group = "239.1.1.1"_ip;
  k.port = 4789;
  k.ttl = 4;
  k.tos = 8;
  k.learning = false;
  k.ageing = 100s;
  k.limit = 1000;
  k.source_ports = {1000, 2000};
  k.proxy = true;
  k.route_short_circuit = true;
  k.l2miss = true;
  k.l3miss = true;
  k.udp_checksum = true;
  k.gbp = true;
  k.df = rtnl::dont_fragment::set;
  auto l = rtnl::new_link("vx0", k).lower(100u);
  matches_recorded(
      l, "c8000000100005060000000000000000000000000000000000000000000000000800030076783000a000120009000100"
         "76786c616e00000090000200080003006400000005000500040000000500060008000000080008006400000008000900"
         "e803000008000a0003e807d005000b000100000005000c000100000005000d000100000005000e000100000005001200"
         "010000000400170005001d0001000000080001002a000000080004000a00000108000200ef0101010500070000000000"
         "06000f0012b50000");
}

// ip link add vx1 type vxlan external dstport 4789 vnifilter
BOOST_AUTO_TEST_CASE(the_request_for_vx1)
{
  rtnl::vxlan k;
  k.collect_metadata = true;
  k.vni_filter = true;
  k.learning = false;
  k.port = 4789;
  rtnl::new_link l("vx1", k);
  matches_recorded(
      l, "5c0000001000050600000000000000000000000000000000000000000000000008000300767831003400120009000100"
         "76786c616e00000024000200050019000100000005001e0001000000050007000000000006000f0012b50000");
}

// ip link add vx2 type vxlan id 43 remote 2001:db8::2 local 2001:db8::1 dstport 4789 udp6zerocsumtx
// udp6zerocsumrx flowlabel 0x55
BOOST_AUTO_TEST_CASE(the_request_for_vx2)
{
  rtnl::vxlan k(43);
  k.group = "2001:db8::2"_ip;
  k.local = "2001:db8::1"_ip;
  k.port = 4789;
  k.udp_zero_checksum6_tx = true;
  k.udp_zero_checksum6_rx = true;
  k.label = 0x55;
  k.learning = true;
  rtnl::new_link l("vx2", k);
  matches_recorded(
      l, "940000001000050600000000000000000000000000000000000000000000000008000300767832006c00120009000100"
         "76786c616e0000005c0002000500130001000000050014000100000008001a0000000055080001002b00000014001100"
         "20010db80000000000000000000000011400100020010db8000000000000000000000002050007000100000006000f00"
         "12b50000");
}

BOOST_AUTO_TEST_SUITE_END()
