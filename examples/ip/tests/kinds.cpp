// Options in the words of ip(8), without a kernel: what linx asks for then, and what it shows of it. The JSON
// is that of iproute2 6.1 for the same link.
#include "../kinds.hpp"

#include <linx/rtnl/link_kinds.hpp>

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(example_ip_kinds)

namespace rtnl = linx::rtnl;
using ip_tool::json;
using ip_tool::link_names;
using ip_tool::words;

namespace {

linx::result<rtnl::link_data> read(std::string_view kind, std::string_view line)
{
  auto rest = words::of_line(line);
  BOOST_OUTCOME_TRY(const auto* found, ip_tool::find_link_kind(kind));
  return ip_tool::read_kind(*found, rest, link_names(), false);
}

class example {
public:
  const char* kind;
  const char* words;
  const char* value; // as the library prints it
  const char* shown; // a part of info_data
};

constexpr example examples[] = {
    {"bridge", "forward_delay 400 vlan_filtering 1 vlan_protocol 802.1ad priority 0x8 group_fwd_mask 0x8",
     "bridge forward_delay 4000 ms priority 8 vlan_filtering on vlan_protocol 34984 group_forward_mask 8",
     R"({"forward_delay":400,"vlan_filtering":1,"vlan_protocol":"802.1ad","priority":8,"group_fwd_mask":"0x8"})"},
    {"vlan", "id 7 protocol 802.1ad reorder_hdr off gvrp on ingress-qos-map 1:2 3:4 egress-qos-map 5:6",
     "vlan id 7 protocol 34984 reorder_header off gvrp on ingress 1:2,3:4 egress 5:6",
     R"({"id":7,"protocol":"802.1ad","flags":["GVRP"],"ingress_qos":[{"from":1,"to":2},{"from":3,"to":4}],
         "egress_qos":[{"from":5,"to":6}]})"},
    {"bond",
     "mode 802.3ad miimon 100 xmit_hash_policy layer3+4 lacp_rate fast arp_ip_target 10.0.0.1,10.0.0.2",
     "bond mode 802.3ad miimon 100 ms arp_targets 10.0.0.1,10.0.0.2 transmit_hash_policy 1 lacp_rate 1",
     R"({"mode":"802.3ad","miimon":100,"xmit_hash_policy":"layer3+4","ad_lacp_rate":"fast",
         "arp_ip_target":["10.0.0.1","10.0.0.2"]})"},
    {"bond", "arp_validate none ad_actor_system 02:00:00:00:00:01 lacp_active off num_grat_arp 3",
     "bond arp_validate 0 peer_notifications 3 ad_actor_system 02:00:00:00:00:01 lacp_active off",
     R"({"arp_validate":null,"ad_actor_system":"02:00:00:00:00:01","ad_lacp_active":"off","num_peer_notif":3})"},
    {"vxlan",
     "id 42 remote 2001:db8::2 srcport 1000 2000 dstport 4789 nolearning tos inherit flowlabel 0x12345",
     "vxlan id 42 group 2001:db8::2 port 4789 source_ports 1000-2000 tos 1 label 74565 learning off",
     R"({"id":42,"remote6":"2001:db8::2","port_range":{"low":1000,"high":2000},"port":4789,"learning":false,
         "tos":"0x1","label":"0x12345"})"},
    {"vxlan", "id 42 group 239.1.1.1 maxaddress 9", "vxlan id 42 group 239.1.1.1 limit 9",
     R"({"id":42,"group":"239.1.1.1","limit":9})"},
    {"vxlan", "external", "vxlan learning off collect_metadata on", R"({"external":true,"learning":false})"},
    {"geneve", "id 42 remote 10.0.0.2 df inherit noudpcsum dstport 99",
     "geneve id 42 remote 10.0.0.2 port 99 df inherit udp_checksum off",
     R"({"id":42,"remote":"10.0.0.2","df":"inherit","udp_csum":false,"port":99})"},
    {"macvlan", "mode source macaddr set 02:00:00:00:00:01 02:00:00:00:00:02 nodst bcqueuelen 7",
     "macvlan mode source flags 2 broadcast_queue_length 7 sources 02:00:00:00:00:01,02:00:00:00:00:02",
     R"({"mode":"source","nodst":true,"macaddr_count":2,"macaddr_data":["02:00:00:00:00:01","02:00:00:00:00:02"],
         "bcqueuelen":7})"},
    {"ipvlan", "mode l3s vepa", "ipvlan mode l3s flags 2", R"({"mode":"l3s","mode_flag":"vepa"})"},
    {"vrf", "table main", "vrf table 254", R"({"table":254})"},
    {"gre", "local 10.0.0.1 remote any key 1.2.3.4 iseq nopmtudisc fwmark 5 ttl inherit",
     "gre input_flags 12288 output_flags 8192 input_key 16909060 output_key 16909060 local 10.0.0.1 remote "
     "0.0.0.0 "
     "ttl 0 path_mtu_discovery off fwmark 5",
     R"({"local":"10.0.0.1","remote":"any","ikey":"1.2.3.4","okey":"1.2.3.4","iseq":true,"pmtudisc":false,
         "fwmark":"0x5","ttl":0})"},
    {"gretap", "encap gue encap-sport 7 encap-dport 9 encap-csum",
     "gretap encap_type 2 encap_flags 1 encap_source_port 7 encap_port 9",
     R"({"encap":{"type":"gue","sport":7,"dport":9,"csum":true,"csum6":false,"remcsum":false}})"},
    {"ip6gre", "hoplimit 9 encaplimit none tclass 0x20 flowlabel inherit",
     "ip6gre ttl 9 flow_info 33554432 flags 5",
     R"({"ttl":9,"ip6_tnl_f_ign_encap_limit":true,"tclass":"0x20","ip6_tnl_f_use_orig_flowlabel":true})"},
    {"ip6tnl", "mode ipip6 remote 2001:db8::2 encaplimit 7 tclass inherit flowlabel 0x12345 dscp inherit",
     "ip6tnl remote 2001:db8::2 encap_limit 7 flow_info 74565 flags 18 protocol 4",
     R"({"proto":"ipip6","remote":"2001:db8::2","encap_limit":7,"ip6_tnl_f_use_orig_tclass":true,
         "flowlabel":"0x12345","ip6_tnl_f_rcv_dscp_copy":true})"},
    {"ipip", "mode any local 10.0.0.1 tos 0x10", "ipip local 10.0.0.1 tos 16 protocol 0",
     R"({"proto":"any","local":"10.0.0.1","remote":"any","tos":"0x10"})"},
    {"sit", "isatap 6rd-prefix 2001:db8::/32 6rd-relay_prefix 10.0.0.0/8",
     "sit flags 1 prefix_6rd 2001:db8:: relay_prefix_6rd 10.0.0.0 prefix_length_6rd 32 "
     "relay_prefix_length_6rd 8",
     R"({"isatap":true,"prefix":"2001:db8::","prefixlen":32,"relay_prefix":"10.0.0.0","relay_prefixlen":8})"},
};

} // namespace

// The kernels at hand lack most kinds: their words would be tried nowhere else.
BOOST_AUTO_TEST_CASE(words_become_options_and_are_shown_again)
{
  for (const auto& each : examples) {
    BOOST_TEST_CONTEXT(each.kind << ' ' << each.words)
    {
      const auto data = read(each.kind, each.words);
      BOOST_REQUIRE_MESSAGE(data.has_value(), (data ? std::string() : data.error().message()));
      BOOST_TEST(to_string(data.value()) == each.value);
      const auto shown = ip_tool::show_kind(data.value(), link_names());
      const auto expected = json::parse(each.shown);
      for (const auto& [key, value] : expected.items())
        BOOST_TEST((shown.contains(key) && shown[key] == value), key << ": " << shown.dump());
    }
  }
}

// A person sees which word is wrong, and what could stand there.
BOOST_AUTO_TEST_CASE(a_wrong_word_is_named_with_what_is_expected)
{
  class mistake {
  public:
    const char* kind;
    const char* words;
    const char* complaint;
  };
  for (const auto& each : {
           mistake{"vxlan", "id 16777216", "id: \"16777216\" is not a number up to 16777215"},
           mistake{"vxlan", "id", "the command ends where a value of id is expected"},
           mistake{"vxlan", "id 7 frob 8", "\"frob\" is no option of vxlan: [no]external"},
           mistake{"vxlan", "df maybe", "df: \"maybe\" is not one of unset, set, inherit"},
           mistake{"vxlan", "dev nope", "dev: \"nope\" is not an interface"},
           mistake{"bond", "arp_ip_target 10.0.0.1,x", "arp_ip_target: \"10.0.0.1,x\" is not an address"},
           mistake{"vlan", "id 7 egress-qos-map 1-2", "egress-qos-map: \"1-2\" is not a mapping FROM:TO"},
           mistake{"gre", "remote 2001:db8::1", "remote: \"2001:db8::1\" is not an IPv4 address"},
           mistake{"macvlan", "macaddr del 02:00:00:00:00:01",
                   "macaddr: \"del\" is not followed by add or set"},
           mistake{"dummy", "id 7", "\"id\" is no option of dummy, which has none"},
           mistake{"frob", "", "\"frob\" is no kind of link that linx-ip makes: bond, bridge"},
       }) {
    const auto data = read(each.kind, each.words);
    BOOST_REQUIRE_MESSAGE(!data.has_value(), each.kind << ' ' << each.words);
    BOOST_TEST((data.error().where() == linx::stage::argument));
    BOOST_TEST(data.error().message().find(each.complaint) != std::string::npos, data.error().message());
  }
}

BOOST_AUTO_TEST_SUITE_END()
