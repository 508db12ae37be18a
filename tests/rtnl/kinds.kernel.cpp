// Links of each kind, and what ip(8) says of them. A kind that this kernel lacks is skipped: what is asked of
// it is compared with ip(8)'s requests in recorded_link.cpp and recorded_tunnel.cpp.
#include "rtnl/network.hpp"

#include <linx/net/literals.hpp>
#include <linx/rtnl/new_link.hpp>

#include <cerrno>

BOOST_AUTO_TEST_SUITE(rtnl_kinds_kernel, *boost::unit_test::precondition(linx::test::ip_possible))

namespace asio = boost::asio;
namespace rtnl = linx::rtnl;
using namespace linx::net::literals;
using namespace std::chrono_literals;
using linx::test::contains;
using linx::test::ip;
using linx::test::require;
using linx::test::run;
using linx::test::why;

namespace {

// Makes links on p0, index 100, an ifb.
class maker : public linx::test::rtnl_network {
public:
  maker()
  {
    auto p0 = rtnl::new_link("p0", rtnl::ifb()).index(100);
    require(ask(kernel.add_link(p0)));
  }

  // False if the kernel lacks the kind: "Unknown device type".
  bool add(const rtnl::new_link& wanted)
  {
    const auto made = ask(kernel.add_link(wanted));
    if (!made && made.error().errnum() == EOPNOTSUPP &&
        contains(made.error().message(), "Unknown device type")) {
      BOOST_TEST_MESSAGE("skipped: this kernel has no links of kind " << kind_name(wanted.data()));
      return false;
    }
    BOOST_REQUIRE_MESSAGE(made.has_value(), why(made));
    return true;
  }

  // What the kernel says of the kind.
  template <class Kind>
  Kind data(const std::string& name)
  {
    const auto l = get(name);
    const auto* kind = l.data.get_if<Kind>();
    BOOST_REQUIRE_MESSAGE(kind, to_string(l));
    return *kind;
  }
};

void says(const std::string& name, std::initializer_list<const char*> parts)
{
  const auto said = ip("link show " + name);
  for (const auto* part : parts) BOOST_TEST(contains(said, part), part << " is not in " << said);
}

} // namespace

// Each option that a bridge has under another name than ip(8)'s is one that could be mixed up.
BOOST_FIXTURE_TEST_CASE(a_bridge, maker)
{
  rtnl::bridge options;
  options.stp_state = 0;
  options.forward_delay = 4s;
  options.hello_time = 2s;
  options.max_age = 8s;
  options.ageing_time = 30s;
  options.priority = 100;
  options.multicast_snooping = false;
  options.multicast_router = 2;
  options.multicast_hash_max = 1024;
  options.group_forward_mask = 8;
  auto settings = rtnl::link_change();
  settings.mtu(1400).address("02:00:00:00:00:07"_mac).up();
  BOOST_REQUIRE(add(rtnl::new_link("br0", options).with(settings)));
  says("br0", {"\"info_kind\":\"bridge\"", "\"forward_delay\":400", "\"hello_time\":200", "\"max_age\":800",
               "\"ageing_time\":3000", "\"priority\":100", "\"mcast_snooping\":0", "\"mcast_router\":2",
               "\"mcast_hash_max\":1024", "\"group_fwd_mask\":\"0x8\"", "\"mtu\":1400",
               "\"02:00:00:00:00:07\"", "\"UP\""});
  const auto seen = data<rtnl::bridge>("br0");
  BOOST_TEST((seen.ageing_time == 30s));
  BOOST_TEST((seen.multicast_snooping == false));
  BOOST_REQUIRE(seen.id.has_value());
  BOOST_TEST((seen.id->priority == 100));
  BOOST_TEST((seen.id->address == "02:00:00:00:00:07"_mac));

  // changed by one option, and the others stay
  rtnl::bridge change;
  change.ageing_time = 60s;
  auto changes = rtnl::link_change();
  changes.data(change);
  require(ask(kernel.change_link("br0", changes)));
  says("br0", {"\"ageing_time\":6000", "\"priority\":100"});
  // what was read can be asked for again, but for what a kernel without VLAN filtering tells and does not
  // take
  auto again = data<rtnl::bridge>("br0");
  again.vlan_filtering.reset();
  again.multicast_vlan_snooping.reset();
  again.mst.reset();
  require(ask(kernel.replace_link(rtnl::new_link("br0", again))));
  says("br0", {"\"ageing_time\":6000", "\"priority\":100"});
}

// A kernel without CONFIG_BRIDGE_VLAN_FILTERING refuses the option.
BOOST_FIXTURE_TEST_CASE(a_bridge_that_filters_vlans, maker)
{
  rtnl::bridge options;
  options.vlan_filtering = true;
  options.vlan_protocol = 0x88a8;
  options.vlan_default_pvid = 7;
  options.vlan_statistics = true;
  const auto made = ask(kernel.add_link(rtnl::new_link("br0", options)));
  if (!made && made.error().errnum() == EOPNOTSUPP) {
    BOOST_TEST_MESSAGE("skipped: this kernel's bridges do not filter VLANs");
    return;
  }
  require(made);
  says("br0", {"\"vlan_filtering\":1", "\"vlan_protocol\":\"802.1ad\"", "\"vlan_default_pvid\":7",
               "\"vlan_stats_enabled\":1"});
  const auto seen = data<rtnl::bridge>("br0");
  BOOST_TEST((seen.vlan_protocol == 0x88a8));
  BOOST_TEST((seen.vlan_default_pvid == 7));
}

BOOST_FIXTURE_TEST_CASE(a_vxlan, maker)
{
  rtnl::vxlan options(42);
  options.local = "10.0.0.1"_ip;
  options.group = "239.1.1.1"_ip;
  options.port = 4789;
  options.ttl = 4;
  options.tos = 8;
  options.learning = false;
  options.ageing = 100s;
  options.limit = 1000;
  options.source_ports = {1000, 2000};
  options.proxy = true;
  options.gbp = true;
  options.df = rtnl::dont_fragment::set;
  // the name of the device below is looked up
  BOOST_REQUIRE(add(rtnl::new_link("vx0", options).lower("p0")));
  says("vx0", {"\"info_kind\":\"vxlan\"", "\"id\":42", "\"group\":\"239.1.1.1\"", "\"link\":\"p0\"",
               "\"local\":\"10.0.0.1\"", "\"port\":4789", "\"low\":1000,\"high\":2000", "\"ttl\":4",
               "\"learning\":false", "\"proxy\":true", "\"ageing\":100", "\"limit\":1000", "\"gbp\":true",
               "\"df\":\"set\""});
  const auto seen = data<rtnl::vxlan>("vx0");
  BOOST_TEST((seen.id == 42u));
  BOOST_TEST((seen.group == options.group));
  BOOST_TEST((seen.local == options.local));
  BOOST_TEST((seen.lower == 100u));
  BOOST_TEST((seen.source_ports == options.source_ports));
  BOOST_TEST((seen.gbp == true));
  BOOST_TEST((seen.ageing == 100s));
  // the kernel tells this one with a byte, which is 0
  BOOST_TEST(!seen.ttl_inherit.value_or(false));

  rtnl::vxlan six(43);
  six.local = "2001:db8::1"_ip;
  six.group = "2001:db8::2"_ip;
  six.label = 0x55;
  six.udp_zero_checksum6_tx = true;
  BOOST_REQUIRE(add(rtnl::new_link("vx6", six)));
  says("vx6", {"\"remote6\":\"2001:db8::2\"", "\"local6\":\"2001:db8::1\"", "\"label\":\"0x55\""});
  BOOST_TEST((data<rtnl::vxlan>("vx6").group == six.group));
  BOOST_TEST((data<rtnl::vxlan>("vx6").label == 0x55u));

  rtnl::vxlan external;
  external.collect_metadata = true;
  BOOST_REQUIRE(add(rtnl::new_link("vx1", external)));
  says("vx1", {"\"external\":true"});
}

BOOST_FIXTURE_TEST_CASE(macvlans_and_macvtaps, maker)
{
  BOOST_REQUIRE(add(rtnl::new_link("mv0", rtnl::macvlan(rtnl::macvlan_mode::bridge)).lower(100u)));
  says("mv0", {"\"info_kind\":\"macvlan\"", "\"mode\":\"bridge\"", "\"link\":\"p0\""});
  BOOST_TEST((data<rtnl::macvlan>("mv0").mode == rtnl::macvlan_mode::bridge));
  rtnl::macvlan source(rtnl::macvlan_mode::source);
  source.sources = {"02:00:00:00:00:09"_mac, "02:00:00:00:00:0a"_mac};
  BOOST_REQUIRE(add(rtnl::new_link("mv1", source).lower("p0")));
  says("mv1", {"\"mode\":\"source\"", "02:00:00:00:00:09", "02:00:00:00:00:0a"});
  BOOST_TEST((data<rtnl::macvlan>("mv1").sources.size() == 2u));
  BOOST_REQUIRE(add(rtnl::new_link("mt0", rtnl::macvtap(rtnl::macvlan_mode::vepa)).lower(100u)));
  says("mt0", {"\"info_kind\":\"macvtap\"", "\"mode\":\"vepa\""});
  BOOST_TEST((data<rtnl::macvtap>("mt0").mode == rtnl::macvlan_mode::vepa));
}

BOOST_FIXTURE_TEST_CASE(an_ifb_with_queues_and_a_veth_end, maker)
{
  BOOST_REQUIRE(add(rtnl::new_link("i0", rtnl::ifb()).queues(2, 3)));
  says("i0", {"\"info_kind\":\"ifb\"", "\"num_tx_queues\":2", "\"num_rx_queues\":3"});
  BOOST_TEST(get("i0").data.holds<rtnl::ifb>());
  // without a name for it the kernel names the peer
  BOOST_REQUIRE(add(rtnl::new_link("end", rtnl::veth_end())));
  BOOST_TEST(get("end").data.holds<rtnl::veth_end>());
  BOOST_TEST(get("end").lower.has_value());
}

BOOST_FIXTURE_TEST_CASE(a_dummy, maker)
{
  if (!add(rtnl::new_link("d0", rtnl::dummy()))) return;
  says("d0", {"\"info_kind\":\"dummy\""});
  BOOST_TEST(get("d0").data.holds<rtnl::dummy>());
}

BOOST_FIXTURE_TEST_CASE(a_vlan, maker)
{
  rtnl::vlan options(100);
  options.protocol = 0x88a8;
  options.reorder_header = false;
  options.loose_binding = true;
  options.ingress = {{1, 2}, {3, 4}};
  options.egress = {{2, 5}};
  if (!add(rtnl::new_link("v100", options).lower("p0"))) return;
  says("v100", {"\"info_kind\":\"vlan\"", "\"id\":100", "\"protocol\":\"802.1ad\"", "\"LOOSE_BINDING\"",
                "\"from\":1,\"to\":2", "\"from\":2,\"to\":5"});
  const auto seen = data<rtnl::vlan>("v100");
  BOOST_TEST((seen.reorder_header == false));
  BOOST_TEST((seen.loose_binding == true));
  BOOST_TEST((seen.ingress == options.ingress));
  BOOST_TEST((seen.egress == options.egress));
}

BOOST_FIXTURE_TEST_CASE(a_bond_and_its_port, maker)
{
  rtnl::bond options;
  options.mode = rtnl::bond_mode::lacp;
  options.miimon = 100ms;
  options.up_delay = 200ms;
  options.transmit_hash_policy = 1;
  options.lacp_rate = 1;
  options.min_links = 1;
  if (!add(rtnl::new_link("b0", options))) return;
  says("b0", {"\"mode\":\"802.3ad\"", "\"miimon\":100", "\"updelay\":200",
              "\"xmit_hash_policy\":\"layer3+4\"", "\"ad_lacp_rate\":\"fast\"", "\"min_links\":1"});
  BOOST_TEST((data<rtnl::bond>("b0").mode == rtnl::bond_mode::lacp));
  BOOST_TEST((data<rtnl::bond>("b0").miimon == 100ms));
  require(ask(kernel.add_link(rtnl::veth("e0", "e1"))));
  auto join = rtnl::link_change();
  join.master("b0");
  require(ask(kernel.change_link("e0", join)));
  BOOST_TEST(get("e0").port.holds<rtnl::bond_port>());

  rtnl::bond monitored;
  monitored.mode = rtnl::bond_mode::active_backup;
  monitored.arp_interval = 1s;
  monitored.arp_targets = {"10.0.0.1"_ip, "10.0.0.2"_ip};
  BOOST_REQUIRE(add(rtnl::new_link("b1", monitored)));
  BOOST_TEST((data<rtnl::bond>("b1").arp_targets == monitored.arp_targets));
}

BOOST_FIXTURE_TEST_CASE(a_vrf_and_its_port, maker)
{
  if (!add(rtnl::new_link("vrf1", rtnl::vrf(1000)))) return;
  says("vrf1", {"\"info_kind\":\"vrf\"", "\"table\":1000"});
  BOOST_TEST((data<rtnl::vrf>("vrf1").table == 1000u));
  auto join = rtnl::link_change();
  join.master("vrf1");
  require(ask(kernel.change_link("p0", join)));
  const auto port = get("p0");
  BOOST_REQUIRE(port.port.get_if<rtnl::vrf_port>());
  BOOST_TEST((port.port.get_if<rtnl::vrf_port>()->table == 1000u));
}

BOOST_FIXTURE_TEST_CASE(ipvlans, maker)
{
  rtnl::ipvlan options(rtnl::ipvlan_mode::l3);
  options.flags = 1;
  require(ask(kernel.add_link(rtnl::veth("e0", "e1"))));
  if (add(rtnl::new_link("ipv0", options).lower("e0"))) {
    says("ipv0", {"\"info_kind\":\"ipvlan\"", "\"mode\":\"l3\""});
    BOOST_TEST((data<rtnl::ipvlan>("ipv0") == options));
  }
  if (add(rtnl::new_link("ipt0", rtnl::ipvtap(rtnl::ipvlan_mode::l2)).lower("e1")))
    BOOST_TEST((data<rtnl::ipvtap>("ipt0").mode == rtnl::ipvlan_mode::l2));
}

BOOST_FIXTURE_TEST_CASE(a_wireguard, maker)
{
  if (!add(rtnl::new_link("wg0", rtnl::wireguard()))) return;
  says("wg0", {"\"info_kind\":\"wireguard\""});
  BOOST_TEST(get("wg0").data.holds<rtnl::wireguard>());
}

BOOST_FIXTURE_TEST_CASE(geneves, maker)
{
  rtnl::geneve options(77, "10.0.0.2"_ip);
  options.ttl = 5;
  options.port = 6082;
  options.df = rtnl::dont_fragment::set;
  if (!add(rtnl::new_link("gnv0", options))) return;
  says("gnv0",
       {"\"info_kind\":\"geneve\"", "\"id\":77", "\"remote\":\"10.0.0.2\"", "\"port\":6082", "\"ttl\":5"});
  const auto seen = data<rtnl::geneve>("gnv0");
  BOOST_TEST((seen.id == 77u));
  BOOST_TEST((seen.remote == options.remote));
  BOOST_TEST((seen.port == 6082));
}

BOOST_FIXTURE_TEST_CASE(tunnels_through_ipv4, maker)
{
  rtnl::gre with_keys("10.0.0.1"_ip, "10.0.0.2"_ip);
  with_keys.ttl = 64;
  with_keys.set_key(9);
  if (add(rtnl::new_link("g1", with_keys).lower("p0"))) {
    says("g1", {"\"info_kind\":\"gre\"", "\"remote\":\"10.0.0.2\"", "\"ttl\":64", "\"ikey\":\"0.0.0.9\""});
    const auto seen = data<rtnl::gre>("g1");
    BOOST_TEST((seen.input_key == 9u));
    BOOST_TEST((seen.lower == 100u));
  }
  rtnl::gretap ethernet("10.0.0.1"_ip, "10.0.0.3"_ip);
  if (add(rtnl::new_link("g2", ethernet)))
    says("g2", {"\"info_kind\":\"gretap\"", "\"remote\":\"10.0.0.3\""});
  rtnl::ipip plain("10.0.0.1"_ip, "10.0.0.4"_ip);
  plain.ttl = 32;
  if (add(rtnl::new_link("i1", plain))) {
    says("i1", {"\"info_kind\":\"ipip\"", "\"remote\":\"10.0.0.4\"", "\"ttl\":32"});
    BOOST_TEST((data<rtnl::ipip>("i1").remote == plain.remote));
  }
  rtnl::sit six("10.0.0.1"_ip, "10.0.0.5"_ip);
  if (add(rtnl::new_link("s1", six))) says("s1", {"\"info_kind\":\"sit\"", "\"remote\":\"10.0.0.5\""});
}

BOOST_FIXTURE_TEST_CASE(tunnels_through_ipv6, maker)
{
  rtnl::ip6tnl any("2001:db8::1"_ip, "2001:db8::2"_ip);
  any.ttl = 32;
  any.protocol = 0;
  if (add(rtnl::new_link("t6", any))) {
    says("t6", {"\"info_kind\":\"ip6tnl\"", "2001:db8::2"});
    BOOST_TEST((data<rtnl::ip6tnl>("t6").remote == any.remote));
  }
  rtnl::ip6gre keyed("2001:db8::1"_ip, "2001:db8::3"_ip);
  keyed.set_key(4);
  if (add(rtnl::new_link("g6", keyed))) {
    says("g6", {"\"info_kind\":\"ip6gre\"", "2001:db8::3"});
    BOOST_TEST((data<rtnl::ip6gre>("g6").input_key == 4u));
  }
  rtnl::ip6gretap ethernet("2001:db8::1"_ip, "2001:db8::4"_ip);
  if (add(rtnl::new_link("gt6", ethernet))) says("gt6", {"\"info_kind\":\"ip6gretap\"", "2001:db8::4"});
}

// "Invalid argument" for forty options helps nobody: the attribute is named down to the kind's own.
BOOST_FIXTURE_TEST_CASE(a_refused_option_is_named, maker)
{
  rtnl::vxlan ends(42);
  ends.group = "10.0.0.1"_ip;
  ends.source_ports = {2000, 1000};
  const auto ports = why(ask(kernel.add_link(rtnl::new_link("vx0", ends))));
  BOOST_TEST(contains(ports, "link vx0"), ports);
  BOOST_TEST(contains(ports, "IFLA_LINKINFO.IFLA_INFO_DATA.IFLA_VXLAN_PORT_RANGE"), ports);
}

// A kind that linx does not know is made by its name, and comes back with its bytes.
BOOST_FIXTURE_TEST_CASE(an_unknown_kind_keeps_its_name, maker)
{
  const rtnl::new_link nobody("x0", rtnl::other_kind("nosuchkind"));
  const auto refused = ask(kernel.add_link(nobody));
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().errnum() == EOPNOTSUPP);
}

BOOST_AUTO_TEST_SUITE_END()
