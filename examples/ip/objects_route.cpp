#include "objects.hpp"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>

namespace ip_tool {

namespace rtnl = linx::rtnl;
namespace net = linx::net;

namespace {

std::string network(const net::subnet& n)
{
  if (n.is_default()) return "default";
  const bool is_host = n.prefix() == (n.address().is_v4() ? 32 : 128);
  return is_host ? to_string(n.address()) : to_string(n);
}

void put_gateway(json& j, const net::ip& gateway, std::optional<net::family> family)
{
  if (!family || gateway.family() == *family) {
    j["gateway"] = to_string(gateway);
    return;
  }
  j["via"] = json{{"family", gateway.is_v4() ? "inet" : "inet6"}, {"host", to_string(gateway)}};
}

json flags_of(std::uint32_t flags)
{
  json all = json::array();
  if ((flags & RTNH_F_DEAD) != 0) all.push_back("dead");
  if ((flags & RTNH_F_ONLINK) != 0) all.push_back("onlink");
  if ((flags & RTNH_F_PERVASIVE) != 0) all.push_back("pervasive");
  if ((flags & RTNH_F_OFFLOAD) != 0) all.push_back("offload");
  if ((flags & RTNH_F_TRAP) != 0) all.push_back("trap");
  if ((flags & RTNH_F_LINKDOWN) != 0) all.push_back("linkdown");
  if ((flags & RTNH_F_UNRESOLVED) != 0) all.push_back("unresolved");
  return all;
}

// Only those that ip(8) prints as plain numbers.
constexpr rtnl::route_metric plain_metrics[] = {rtnl::route_metric::mtu,      rtnl::route_metric::window,
                                                rtnl::route_metric::ssthresh, rtnl::route_metric::cwnd,
                                                rtnl::route_metric::advmss,   rtnl::route_metric::reordering,
                                                rtnl::route_metric::hoplimit, rtnl::route_metric::initcwnd,
                                                rtnl::route_metric::initrwnd, rtnl::route_metric::quickack};

json metrics_of(const rtnl::route_metrics& metrics)
{
  json one;
  for (const auto which : plain_metrics)
    if (const auto value = metrics.get(which)) one[std::string(to_string(which))] = *value;
  if (!metrics.congestion_control().empty()) one["congestion"] = metrics.congestion_control();
  return json::array({one});
}

void put_network(json& j, std::string_view key, const std::optional<net::subnet>& n, bool always)
{
  const std::string name(key);
  if (!n || n->is_default()) {
    if (always) j[name] = "all";
    return;
  }
  j[name] = to_string(n->address());
  if (n->prefix() != (n->address().is_v4() ? 32 : 128)) j[name + "len"] = n->prefix();
}

void put_ports(json& j, const std::string& key, const std::optional<rtnl::rule_range<std::uint16_t>>& ports,
               std::uint16_t mask)
{
  if (!ports) return;
  if (ports->first == ports->last) {
    j[key] = ports->first;
    if (mask != 0xffff) j[key + "_mask"] = hex(mask);
    return;
  }
  j[key + "_start"] = ports->first;
  j[key + "_end"] = ports->last;
}

void put_realms(json& j, const rtnl::realms& both)
{
  if (both.from != 0) j["flow_from"] = std::to_string(both.from);
  if (both.number() != 0) j["flow_to"] = std::to_string(both.to);
}

void put_flow(json& j, const rtnl::realms& both)
{
  if (both.from != 0) j["flow"]["from"] = std::to_string(both.from);
  if (both.number() != 0) j["flow"]["to"] = std::to_string(both.to);
}

std::string ip_protocol_name(std::uint8_t number)
{
  switch (number) {
  case IPPROTO_ICMP:
    return "icmp";
  case IPPROTO_TCP:
    return "tcp";
  case IPPROTO_UDP:
    return "udp";
  case IPPROTO_ICMPV6:
    return "ipv6-icmp";
  case IPPROTO_SCTP:
    return "sctp";
  default:
    return "ipproto-" + std::to_string(number);
  }
}

} // namespace

json to_json(const rtnl::route& r, const link_names& links)
{
  json j;
  j["type"] = to_string(r.type);
  j["dst"] = network(r.destination);
  if (r.from) j["from"] = network(*r.from);
  if (r.tos != 0) j["tos"] = hex(r.tos);
  if (r.nexthop_id) j["nhid"] = *r.nexthop_id;
  const bool single = r.hops.size() == 1;
  if (single) {
    const auto& hop = r.hops.front();
    if (hop.gateway) put_gateway(j, *hop.gateway, r.family());
    if (hop.output != 0) j["dev"] = links.of(hop.output);
    put_flow(j, hop.realm);
  }
  j["table"] = table_name(r.table);
  j["protocol"] = protocol_name(r.protocol);
  if (r.scope) j["scope"] = scope_name(*r.scope);
  if (r.source) j["prefsrc"] = to_string(*r.source);
  if (r.metric != 0 || !r.destination.address().is_v4()) j["metric"] = r.metric;
  j["flags"] = single ? flags_of(r.hops.front().flags) : json::array();
  if (r.metrics) j["metrics"] = metrics_of(*r.metrics);
  if (r.hops.size() > 1) {
    j["nexthops"] = json::array();
    for (const auto& hop : r.hops) {
      json one;
      if (hop.gateway) put_gateway(one, *hop.gateway, r.family());
      if (hop.output != 0) one["dev"] = links.of(hop.output);
      put_flow(one, hop.realm);
      one["weight"] = hop.weight;
      one["flags"] = flags_of(hop.flags);
      j["nexthops"].push_back(std::move(one));
    }
  }
  if (r.expires) j["expires"] = r.expires->count();
  if (r.preference) j["pref"] = to_string(*r.preference);
  return j;
}

json to_json(const rtnl::rule& r, const link_names&)
{
  json j;
  j["priority"] = r.priority.value_or(0);
  if (r.inverted) j["not"] = nullptr;
  put_network(j, "src", r.source, true);
  put_network(j, "dst", r.destination, false);
  if (r.tos != 0) j["tos"] = hex(r.tos);
  if (r.dscp) j["dscp"] = std::to_string(*r.dscp);
  if (r.dscp && r.dscp_mask != 0x3f) j["dscp_mask"] = hex(r.dscp_mask);
  if (r.flow_label) j["flowlabel"] = hex(*r.flow_label);
  if (r.flow_label && r.flow_label_mask != 0xfffff) j["flowlabel_mask"] = hex(r.flow_label_mask);
  if (r.mark != 0 || r.mask != 0) {
    j["fwmark"] = hex(r.mark);
    if (r.mask != 0xffffffffu) j["fwmask"] = hex(r.mask);
  }
  if (!r.input.empty()) j["iif"] = r.input;
  if (!r.output.empty()) j["oif"] = r.output;
  if (r.l3mdev) j["l3mdev"] = nullptr;
  if (r.users) {
    j["uid_start"] = r.users->first;
    j["uid_end"] = r.users->last;
  }
  if (r.ip_protocol != 0) j["ipproto"] = ip_protocol_name(r.ip_protocol);
  put_ports(j, "sport", r.source_ports, r.source_port_mask);
  put_ports(j, "dport", r.destination_ports, r.destination_port_mask);
  switch (r.action) {
  case rtnl::rule_action::lookup:
    if (r.table != 0) j["table"] = table_name(r.table);
    break;
  case rtnl::rule_action::go_to:
    j["goto"] = r.target;
    break;
  default:
    j["action"] = to_string(r.action);
    break;
  }
  if (r.suppress_prefix_length) j["suppress_prefixlen"] = *r.suppress_prefix_length;
  if (r.suppress_group) j["suppress_ifgroup"] = group_name(*r.suppress_group);
  put_realms(j, r.realm);
  j["protocol"] = protocol_name(r.protocol);
  return j;
}

json to_json(const rtnl::neighbour& n, const link_names& links)
{
  constexpr std::pair<std::uint16_t, std::string_view> states[] = {
      {NUD_INCOMPLETE, "INCOMPLETE"}, {NUD_REACHABLE, "REACHABLE"}, {NUD_STALE, "STALE"},
      {NUD_DELAY, "DELAY"},           {NUD_PROBE, "PROBE"},         {NUD_FAILED, "FAILED"},
      {NUD_NOARP, "NOARP"},           {NUD_PERMANENT, "PERMANENT"}};
  json j;
  j["dst"] = to_string(n.address);
  if (n.link != 0) j["dev"] = links.of(n.link);
  if (n.link_address) j["lladdr"] = link_address_name(*n.link_address, links.type_of(n.link));
  if ((n.flags & NTF_ROUTER) != 0) j["router"] = nullptr;
  if (n.is_proxy()) j["proxy"] = nullptr;
  if ((n.flags & NTF_EXT_LEARNED) != 0) j["extern_learn"] = nullptr;
  if (n.state != 0) {
    j["state"] = json::array();
    for (const auto& [bit, word] : states)
      if ((n.state & bit) != 0) j["state"].push_back(word);
  }
  if (n.protocol != 0) j["protocol"] = protocol_name(n.protocol);
  return j;
}

json to_json(const rtnl::nexthop& n, const link_names& links)
{
  json j;
  j["id"] = n.id;
  if (n.is_group()) {
    j["group"] = json::array();
    for (const auto& member : n.members) {
      json one{{"id", member.id}};
      if (member.weight != 1) one["weight"] = member.weight;
      j["group"].push_back(std::move(one));
    }
    if (n.resilience) j["type"] = "resilient";
  }
  if (n.gateway) put_gateway(j, *n.gateway, n.family);
  if (n.output != 0) j["dev"] = links.of(n.output);
  j["scope"] = scope_name(n.scope);
  if (n.is_blackhole) j["blackhole"] = nullptr;
  j["protocol"] = protocol_name(n.protocol);
  j["flags"] = flags_of(n.flags);
  if (n.is_fdb) j["fdb"] = nullptr;
  return j;
}

std::string in_words(const json& j)
{
  if (j.is_string()) return j.get<std::string>();
  std::string text;
  const auto add = [&](const std::string& word) {
    if (word.empty()) return;
    if (!text.empty()) text += ' ';
    text += word;
  };
  if (j.is_array()) {
    for (const auto& each : j) add(in_words(each));
    return text;
  }
  if (!j.is_object()) return j.dump();
  for (const auto& [key, value] : j.items()) {
    if (value.is_array() && value.empty()) continue;
    const bool is_mark = value.is_null() || value == true;
    add(is_mark ? key : key + ' ' + in_words(value));
  }
  return text;
}

} // namespace ip_tool
