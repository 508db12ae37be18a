// A wanted network as a document: what it says, and what is wrong with it where.
#include "../wanted.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(example_ip_wanted)

namespace rtnl = linx::rtnl;

namespace {

std::string complaint(std::string_view text)
{
  const auto read = ip_tool::read_wanted(text, "net.json");
  BOOST_REQUIRE_MESSAGE(!read.has_value(), text);
  BOOST_TEST((read.error().where() == linx::stage::argument));
  return std::string(read.error().object());
}

} // namespace

// One of each key, as a person writes them.
BOOST_AUTO_TEST_CASE(a_document_becomes_a_wanted_network)
{
  const auto read = ip_tool::read_wanted(R"({
    "protocol": 200,
    "links": [{"name": "v0", "kind": "veth", "peer": "v1", "mtu": 1400, "up": true, "address": "02:00:00:00:00:01"},
              {"name": "v1", "master": "br0", "up": false},
              {"name": "br0", "kind": "bridge", "options": {"priority": 7, "vlan_filtering": false}},
              {"name": "x0", "kind": "vxlan", "on": "v0", "options": {"id": 42, "learning": false, "remote": "10.0.0.9"}},
              {"name": "b0", "kind": "bond", "options": {"mode": "802.3ad", "arp_ip_target": ["10.0.0.1", "10.0.0.2"]}},
              {"name": "v0.7", "kind": "vlan", "on": "v0", "options": {"id": 7, "egress-qos-map": ["1:2", "3:4"]}}],
    "addresses": [{"link": "v0", "address": "10.0.0.1/24"}, {"link": "v0", "address": "10.1.0.1/32", "peer": "10.1.0.2"}],
    "neighbours": [{"link": "v0", "address": "10.0.0.7", "lladdr": "02:00:00:00:00:07"}],
    "routes": [{"to": "default", "via": "2001:db8::1", "metric": 7},
               {"to": "10.2.0.0/16", "type": "blackhole", "table": 100},
               {"to": "10.3.0.0/16", "nexthops": [{"via": "10.0.0.2", "dev": "v0", "weight": 2}, {"dev": "v1"}]}],
    "rules": [{"priority": 1000, "from": "10.4.0.0/16", "table": 100, "not": true},
              {"priority": 1001, "family": "inet6", "iif": "v0", "blackhole": true}]})",
                                         "net.json");
  BOOST_REQUIRE_MESSAGE(read.has_value(), (read ? std::string() : read.error().message()));
  const auto& want = read.value();
  BOOST_TEST(int(want.protocol) == 200);
  std::vector<std::string> said;
  for (const auto& each : want.links) said.push_back(to_string(each));
  for (const auto& each : want.addresses) said.push_back(to_string(each));
  for (const auto& each : want.neighbours) said.push_back(to_string(each));
  const std::vector<std::string> expected = {"v0 veth v1 address 02:00:00:00:00:01 mtu 1400 up",
                                             "v1 master br0 down",
                                             "br0 bridge priority 7 vlan_filtering off",
                                             "x0 vxlan id 42 group 10.0.0.9 learning off on v0",
                                             "b0 bond mode 802.3ad arp_targets 10.0.0.1,10.0.0.2",
                                             "v0.7 vlan id 7 egress 1:2,3:4 on v0",
                                             "10.0.0.1/24 dev v0",
                                             "10.1.0.1/32 peer 10.1.0.2 dev v0",
                                             "10.0.0.7 dev v0 lladdr 02:00:00:00:00:07"};
  BOOST_TEST(said == expected, boost::test_tools::per_element());
  BOOST_REQUIRE(want.routes.size() == 3u);
  BOOST_TEST(want.routes[0].value.destination.address().is_v6());
  BOOST_TEST(want.routes[0].value.metric == 7u);
  BOOST_TEST((want.routes[1].value.type == rtnl::route_type::blackhole));
  BOOST_TEST(want.routes[1].value.table == 100u);
  BOOST_TEST(want.routes[2].value.hops.size() == 2u);
  BOOST_TEST(want.routes[2].devices.back() == "v1");
  BOOST_REQUIRE(want.rules.size() == 2u);
  BOOST_TEST(want.rules[0].inverted);
  BOOST_TEST((want.rules[1].family == linx::net::family::v6));
  BOOST_TEST((want.rules[1].action == rtnl::rule_action::blackhole));
}

// A person sees the place in the document.
BOOST_AUTO_TEST_CASE(what_is_wrong_is_named_with_its_path)
{
  class mistake {
  public:
    const char* text;
    const char* complaint;
  };
  for (
      const auto& each : {
          mistake{R"({)", "net.json: "},
          mistake{R"([])", "net.json: an object is expected"},
          mistake{R"({})", "net.json: protocol is missing"},
          mistake{R"({"protocol": "frob"})", "net.json: protocol: \"frob\" is not a routing protocol"},
          mistake{R"({"protocol": 200, "protocol": 201})", "\"protocol\" stands twice"},
          mistake{R"({"protocol": 200, "link": []})",
                  "net.json: link: there is no such key; there are protocol, links"},
          mistake{R"({"protocol": 200, "links": {}})", "links: a list is expected"},
          mistake{R"({"protocol": 200, "links": [7]})", "links[0]: an object is expected"},
          mistake{R"({"protocol": 200, "links": [{}]})", "links[0]: name is missing"},
          mistake{R"({"protocol": 200, "links": [{"name": "a"}, {"name": "b", "mtuu": 7}]})",
                  "links[1].mtuu: there is no such key; there are options, name, kind"},
          mistake{R"({"protocol": 200, "links": [{"name": "a", "mtu": "x"}]})",
                  "links[0].mtu: \"x\" is not a number"},
          mistake{R"({"protocol": 200, "links": [{"name": "a", "mtu": 1.5}]})",
                  "links[0].mtu: a text, a whole number"},
          mistake{R"({"protocol": 200, "links": [{"name": "a", "mtu": -1}]})",
                  "links[0].mtu: \"-1\" is not a number"},
          mistake{R"({"protocol": 200, "links": [{"name": "a", "kind": "frob"}]})",
                  "links[0].kind: \"frob\" is no kind"},
          mistake{R"({"protocol": 200, "links": [{"name": "a", "kind": "veth"}]})",
                  "links[0]: peer is missing"},
          mistake{R"({"protocol": 200, "links": [{"name": "a", "kind": "vxlan", "options": {"idd": 7}}]})",
                  "links[0].options.idd: a vxlan has no such option; there are external"},
          mistake{R"({"protocol": 200, "links": [{"name": "a", "kind": "vxlan", "options": {"id": "x"}}]})",
                  "links[0].options: id: \"x\" is not a number up to 16777215"},
          mistake{
              R"({"protocol": 200, "links": [{"name": "a", "kind": "vxlan", "options": {"id": 7, "dev": "v0"}}]})",
              "links[0].options.dev: a link that may not be there yet"},
          mistake{R"({"protocol": 200, "addresses": [{"link": "a", "address": "10.0.0.1"}]})",
                  "addresses[0].address: \"10.0.0.1\" is not an address with a prefix length"},
          mistake{R"({"protocol": 200, "routes": [{"to": "10.0.0.1/8"}]})", "routes[0].to: "},
          mistake{
              R"({"protocol": 200, "routes": [{"to": "default", "dev": "a", "nexthops": [{"dev": "b"}]}]})",
              "routes[0].nexthops: a route has one way or several, not both"},
          mistake{R"({"protocol": 200, "routes": [{"to": "default", "nexthops": [{"dve": "b"}]}]})",
                  "routes[0].nexthops[0].dve: there is no such key"},
          mistake{R"({"protocol": 200, "routes": [{"to": "default", "dev": "a", "proto": 4}]})",
                  "routes[0].proto: it is the document's"},
          mistake{R"({"protocol": 200, "routes": [{"to": "default", "dev": "a", "pref": "best"}]})",
                  "routes[0].pref: pref is low, medium or high"},
          mistake{R"({"protocol": 200, "routes": [{"to": "default", "dev": "a", "mtuu": 7}]})",
                  "routes[0].mtuu: there is no such key; there are to, family"},
          mistake{
              R"({"protocol": 200, "routes": [{"to": "default", "dev": "a", "metric": 7, "priority": 7}]})",
              "only one of them can hold"},
          mistake{R"({"protocol": 200, "addresses": [{"link": "a", "dev": "a", "address": "10.0.0.1/8"}]})",
                  "addresses[0].dev: it says the same as \"link\""},
          mistake{R"({"protocol": 200, "rules": [{"priority": 7, "frob": 7}]})",
                  "rules[0].frob: there is no such key"},
          mistake{R"({"protocol": 200, "rules": [{"priority": "x"}]})",
                  "rules[0].priority: \"x\" is no priority"},
      }) {
    const auto said = complaint(each.text);
    BOOST_TEST(said.find(each.complaint) != std::string::npos, each.text << ": " << said);
  }
}

// The words and values of ip(8), in each kind of object.
BOOST_AUTO_TEST_CASE(the_words_of_ip_do)
{
  const auto read = ip_tool::read_wanted(R"({
    "protocol": 200,
    "links": [{"name": "v0.7", "type": "vlan", "link": "v0", "options": {"id": 7}}],
    "addresses": [{"dev": "v0", "local": "10.0.0.1/24"}],
    "neighbours": [{"dev": "v0", "to": "10.0.0.7", "lladdr": "02:00:00:00:00:07"}],
    "routes": [{"to": "10.2.0.0/16", "dev": "v0", "mtu": "lock 1400", "hoplimit": 64, "table": "main", "scope": "link",
                "src": "10.0.0.1", "priority": 5, "tos": "0x10", "quickack": 1},
               {"to": "fd00::/16", "dev": "v0", "from": "fd01::/16", "pref": "high", "nhid": 7}],
    "rules": [{"pref": 7, "lookup": "local", "fwmark": "1/0xff", "suppress_prefixlength": 0, "nop": false}]})",
                                         "net.json");
  BOOST_REQUIRE_MESSAGE(read.has_value(), (read ? std::string() : read.error().message()));
  const auto& want = read.value();
  BOOST_TEST(to_string(want.links.front()) == "v0.7 vlan id 7 on v0");
  BOOST_TEST(to_string(want.addresses.front()) == "10.0.0.1/24 dev v0");
  BOOST_TEST(to_string(want.neighbours.front()) == "10.0.0.7 dev v0 lladdr 02:00:00:00:00:07");
  const auto& first = want.routes[0].value;
  BOOST_REQUIRE(first.metrics);
  BOOST_TEST(to_string(*first.metrics) == "mtu lock 1400 hoplimit 64 quickack 1");
  BOOST_TEST(first.table == 254u);
  BOOST_TEST(first.metric == 5u);
  BOOST_TEST(int(first.tos) == 16);
  BOOST_TEST(int(first.scope.value_or(0)) == 253);
  BOOST_TEST(want.routes[0].devices.front() == "v0");
  const auto& second = want.routes[1].value;
  BOOST_REQUIRE(second.from);
  BOOST_TEST(to_string(*second.from) == "fd01::/16");
  BOOST_TEST((second.preference == rtnl::route_preference::high));
  BOOST_TEST(second.nexthop_id.value_or(0) == 7u);
  const auto& rule = want.rules.front();
  BOOST_TEST(rule.table == 255u);
  BOOST_TEST(rule.mask == 0xffu);
  BOOST_TEST(rule.suppress_prefix_length.value_or(9) == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
