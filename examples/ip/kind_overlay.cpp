// Ethernet over UDP: vxlan and geneve.
#include "kind_tables.hpp"

namespace ip_tool {

namespace rtnl = linx::rtnl;
using rtnl::geneve;
using rtnl::vxlan;

namespace {

constexpr std::uint32_t last_vni = (1u << 24) - 1;

/// A number, "auto" for that of the route, or "inherit" for that of the packet inside.
template <class Kind>
linx::result<> read_ttl(Kind& kind, option_words at)
{
  const bool inherits = at.rest.take("inherit");
  if (inherits || at.rest.take("auto")) {
    kind.ttl = 0;
    if (inherits) kind.ttl_inherit = true;
    return linx::success();
  }
  BOOST_OUTCOME_TRY(const auto word, at.rest.next("number"));
  kind.ttl = small_number::read<std::uint8_t>(word, at.links);
  if (!kind.ttl) return not_expected(at.word, word, small_number::expected() + ", auto or inherit");
  return linx::success();
}

template <class Kind>
void show_ttl(json& j, std::string_view key, const Kind& kind, const link_names&)
{
  if (kind.ttl_inherit.value_or(false))
    j[std::string(key)] = "inherit";
  else
    j[std::string(key)] = kind.ttl.value_or(0);
}

/// The key says whether it is a group, and which family it is of.
template <auto Member>
void show_end(json& j, std::string_view key, const detail::owner_of<Member>& kind, const link_names&)
{
  const auto& end = kind.*Member;
  if (!end || end->is_unspecified()) return;
  auto name = std::string(key == "remote" && end->is_multicast() ? "group" : key);
  if (end->is_v6()) name += '6';
  j[name] = to_string(*end);
}

linx::result<> read_source_ports(vxlan& kind, option_words at)
{
  BOOST_OUTCOME_TRY(const auto first, at.rest.number("first source port", UINT16_MAX));
  BOOST_OUTCOME_TRY(const auto last, at.rest.number("last source port", UINT16_MAX));
  kind.source_ports.emplace(static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last));
  return linx::success();
}

void show_source_ports(json& j, std::string_view key, const vxlan& kind, const link_names&)
{
  if (!kind.source_ports) return;
  j[std::string(key)] = json{{"low", kind.source_ports->low}, {"high", kind.source_ports->high}};
}

/// Nothing is learned where each packet says its own id, unless it is asked for.
linx::result<> read_external(vxlan& kind, option_words at)
{
  kind.collect_metadata = at.on;
  if (at.on && !kind.learning) kind.learning = false;
  return linx::success();
}

constexpr option<vxlan> vxlan_options[] = {
    {"external", "external", true, &read_external,
     &show_member<&vxlan::collect_metadata, unless_zero<on_off>>},
    flagged<&vxlan::vni_filter, unless_zero<on_off>>("vnifilter"),
    valued<&vxlan::id, number<last_vni>>("id"),
    valued<&vxlan::id, number<last_vni>>("vni", ""),
    {"remote", "remote", false, &read_member<&vxlan::group, ip_address>, &show_end<&vxlan::group>},
    {"group", "", false, &read_member<&vxlan::group, ip_address>, nullptr},
    {"local", "local", false, &read_member<&vxlan::local, ip_address>, &show_end<&vxlan::local>},
    valued<&vxlan::lower, device>("dev", "link"),
    {"srcport", "port_range", false, &read_source_ports, &show_source_ports},
    valued<&vxlan::port, port_number>("dstport", "port"),
    flagged<&vxlan::learning>("learning"),
    flagged<&vxlan::proxy, unless_zero<on_off>>("proxy"),
    flagged<&vxlan::route_short_circuit, unless_zero<on_off>>("rsc"),
    flagged<&vxlan::l2miss, unless_zero<on_off>>("l2miss"),
    flagged<&vxlan::l3miss, unless_zero<on_off>>("l3miss"),
    valued<&vxlan::tos, service>("tos"),
    {"ttl", "ttl", false, &read_ttl<vxlan>, &show_ttl<vxlan>},
    valued<&vxlan::df, one_of<dont_fragment_words>>("df"),
    valued<&vxlan::label, unless_zero<hexadecimal<last_label>>>("flowlabel", "label"),
    valued<&vxlan::ageing, seconds>("ageing"),
    valued<&vxlan::limit, unless_zero<number<>>>("maxaddress", "limit"),
    flagged<&vxlan::udp_checksum>("udpcsum", "udp_csum"),
    flagged<&vxlan::udp_zero_checksum6_tx>("udp6zerocsumtx", "udp_zero_csum6_tx"),
    flagged<&vxlan::udp_zero_checksum6_rx>("udp6zerocsumrx", "udp_zero_csum6_rx"),
    flagged<&vxlan::remcsum_tx, unless_zero<on_off>>("remcsumtx", "remcsum_tx"),
    flagged<&vxlan::remcsum_rx, unless_zero<on_off>>("remcsumrx", "remcsum_rx"),
    flagged<&vxlan::gbp, unless_zero<on_off>>("gbp"),
    flagged<&vxlan::gpe, unless_zero<on_off>>("gpe"),
    flagged<&vxlan::local_bypass>("localbypass")};

constexpr option<geneve> geneve_options[] = {
    flagged<&geneve::collect_metadata, unless_zero<on_off>>("external"),
    valued<&geneve::id, number<last_vni>>("id"),
    valued<&geneve::id, number<last_vni>>("vni", ""),
    {"remote", "remote", false, &read_member<&geneve::remote, ip_address>, &show_end<&geneve::remote>},
    {"ttl", "ttl", false, &read_ttl<geneve>, &show_ttl<geneve>},
    valued<&geneve::tos, service>("tos"),
    valued<&geneve::df, one_of<dont_fragment_words>>("df"),
    valued<&geneve::label, unless_zero<hexadecimal<last_label>>>("flowlabel", "label"),
    valued<&geneve::port, port_number>("dstport", "port"),
    flagged<&geneve::udp_checksum>("udpcsum", "udp_csum"),
    flagged<&geneve::udp_zero_checksum6_tx>("udp6zerocsumtx", "udp_zero_csum6_tx"),
    flagged<&geneve::udp_zero_checksum6_rx>("udp6zerocsumrx", "udp_zero_csum6_rx"),
    flagged<&geneve::inner_proto_inherit, unless_zero<on_off>>("innerprotoinherit", "inner_proto_inherit")};

} // namespace

constexpr link_kind vxlan_kind = link_kind_by_table<vxlan, vxlan_options>("vxlan");
constexpr link_kind geneve_kind = link_kind_by_table<geneve, geneve_options>("geneve");

} // namespace ip_tool
