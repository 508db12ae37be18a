// Links on a device below: vlan, macvlan, macvtap, ipvlan, ipvtap.
#include "kind_tables.hpp"

namespace ip_tool {

namespace rtnl = linx::rtnl;
using rtnl::ipvlan;
using rtnl::macvlan;
using rtnl::vlan;

namespace {

constexpr choice macvlan_modes[] = {
    {1, "private"}, {2, "vepa"}, {4, "bridge"}, {8, "passthru"}, {16, "source"}};
constexpr choice ipvlan_modes[] = {{0, "l2"}, {1, "l3"}, {2, "l3s"}};
constexpr choice ipvlan_flags[] = {{0, "bridge"}, {1, "private"}, {2, "vepa"}};
// MACVLAN_FLAG_* of linux/if_link.h
constexpr std::uint16_t flag_nopromisc = 1;
constexpr std::uint16_t flag_nodst = 2;

/// "1:2", as many as there are.
template <auto Member>
linx::result<> read_mapping(vlan& kind, option_words at)
{
  constexpr auto expected = "a mapping FROM:TO";
  (kind.*Member).clear();
  do {
    BOOST_OUTCOME_TRY(const auto word, at.rest.next(expected));
    for (std::size_t begin = 0; begin <= word.size();) {
      const auto end = std::min(word.find(',', begin), word.size());
      const auto colon = word.find(':', begin);
      const auto from = number_of(std::string_view(word).substr(begin, std::min(colon, end) - begin));
      const auto to =
          colon < end ? number_of(std::string_view(word).substr(colon + 1, end - colon - 1)) : std::nullopt;
      if (!from || !to) return not_expected(at.word, word, expected);
      (kind.*Member).emplace_back(*from, *to);
      begin = end + 1;
    }
  } while (at.rest.peek().find(':') != std::string_view::npos);
  return linx::success();
}

template <auto Member>
void show_mapping(json& j, std::string_view key, const vlan& kind, const link_names&)
{
  if ((kind.*Member).empty()) return;
  json all = json::array();
  for (const auto& one : kind.*Member) all.push_back(json{{"from", one.from}, {"to", one.to}});
  j[std::string(key)] = std::move(all);
}

void show_vlan_flags(json& j, std::string_view key, const vlan& kind, const link_names&)
{
  json all = json::array();
  const auto add = [&all](const std::optional<bool>& on, const char* word) {
    if (on.value_or(false)) all.push_back(word);
  };
  add(kind.reorder_header, "REORDER_HDR");
  add(kind.gvrp, "GVRP");
  add(kind.mvrp, "MVRP");
  add(kind.loose_binding, "LOOSE_BINDING");
  add(kind.bridge_binding, "BRIDGE_BINDING");
  j[std::string(key)] = std::move(all);
}

constexpr option<vlan> vlan_options[] = {
    valued<&vlan::protocol, one_of<vlan_protocols>>("protocol"),
    valued<&vlan::id, number<4095>>("id"),
    {"", "flags", false, nullptr, &show_vlan_flags},
    valued<&vlan::reorder_header, on_off>("reorder_hdr", ""),
    valued<&vlan::gvrp, on_off>("gvrp", ""),
    valued<&vlan::mvrp, on_off>("mvrp", ""),
    valued<&vlan::loose_binding, on_off>("loose_binding", ""),
    valued<&vlan::bridge_binding, on_off>("bridge_binding", ""),
    {"ingress-qos-map", "ingress_qos", false, &read_mapping<&vlan::ingress>, &show_mapping<&vlan::ingress>},
    {"egress-qos-map", "egress_qos", false, &read_mapping<&vlan::egress>, &show_mapping<&vlan::egress>}};

/// All of them: those that are there already are not known here.
linx::result<> read_sources(macvlan& kind, option_words at)
{
  if (!at.rest.take("set") && !at.rest.take("add"))
    return not_expected(at.word, at.rest.peek(), "followed by add or set, and addresses");
  constexpr auto format = &list_of<hardware_address>::read<std::vector<linx::net::mac>>;
  BOOST_OUTCOME_TRY(auto word, at.rest.next("link-layer address"));
  do {
    const auto some = format(word, at.links);
    if (!some) return not_expected(at.word, word, "a link-layer address");
    kind.sources.insert(kind.sources.end(), some->begin(), some->end());
    word = std::string(at.rest.peek());
  } while (linx::net::mac::parse(word) && at.rest.take(word));
  return linx::success();
}

void show_sources(json& j, std::string_view key, const macvlan& kind, const link_names& links)
{
  if (kind.sources.empty()) return;
  j["macaddr_count"] = kind.sources.size();
  j[std::string(key)] = list_of<hardware_address>::show(kind.sources, links);
}

constexpr option<macvlan> macvlan_options[] = {
    valued<&macvlan::mode, one_of<macvlan_modes>>("mode"),
    flag_bit<&macvlan::flags, flag_nopromisc>("nopromisc"),
    flag_bit<&macvlan::flags, flag_nodst>("nodst"),
    valued<&macvlan::broadcast_queue_length, number<>>("bcqueuelen"),
    shown<&macvlan::broadcast_queue_length_used, number<>>("usedbcqueuelen"),
    valued<&macvlan::broadcast_cutoff, signed_number>("bclim"),
    {"macaddr", "macaddr_data", false, &read_sources, &show_sources}};

template <std::uint16_t Flag>
linx::result<> read_ipvlan_flag(ipvlan& kind, option_words)
{
  kind.flags = Flag;
  return linx::success();
}

constexpr option<ipvlan> ipvlan_options[] = {valued<&ipvlan::mode, one_of<ipvlan_modes>>("mode"),
                                             shown<&ipvlan::flags, one_of<ipvlan_flags>>("mode_flag"),
                                             {"bridge", "", true, &read_ipvlan_flag<0>, nullptr},
                                             {"private", "", true, &read_ipvlan_flag<1>, nullptr},
                                             {"vepa", "", true, &read_ipvlan_flag<2>, nullptr}};

} // namespace

constexpr link_kind vlan_kind = link_kind_by_table<vlan, vlan_options>("vlan");
constexpr link_kind macvlan_kind = link_kind_by_table<macvlan, macvlan_options>("macvlan");
constexpr link_kind macvtap_kind = link_kind_by_table<rtnl::macvtap, macvlan_options>("macvtap");
constexpr link_kind ipvlan_kind = link_kind_by_table<ipvlan, ipvlan_options>("ipvlan");
constexpr link_kind ipvtap_kind = link_kind_by_table<rtnl::ipvtap, ipvlan_options>("ipvtap");

} // namespace ip_tool
