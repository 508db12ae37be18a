#include "kind_tables.hpp"

#include <pwd.h>

namespace ip_tool {

namespace rtnl = linx::rtnl;

linx::error not_expected(std::string_view option, std::string_view word, std::string_view expected)
{
  return linx::error::argument(std::string(option) + ": \"" + std::string(word) + "\" is not " +
                               std::string(expected));
}

namespace {

/// A number or a name of a routing table.
class routing_table {
public:
  static std::string expected() { return "a routing table"; }
  template <class>
  static std::optional<std::uint32_t> read(std::string_view word, const link_names&)
  {
    return table_number(word);
  }
  static json show(std::uint32_t table, const link_names&) { return table; }
};

constexpr choice tun_types[] = {{1, "tun"}, {2, "tap"}};

/// By name, where there is one.
class user {
public:
  static json show(std::uint32_t id, const link_names&)
  {
    const auto* const entry = ::getpwuid(id);
    return entry == nullptr ? json(id) : json(entry->pw_name);
  }
};

constexpr option<rtnl::vrf> vrf_options[] = {valued<&rtnl::vrf::table, routing_table>("table")};

// rtnetlink makes none: there is nothing to read.
constexpr option<rtnl::tun> tun_options[] = {shown<&rtnl::tun::type, one_of<tun_types>>("type"),
                                             shown<&rtnl::tun::packet_info, on_off>("pi"),
                                             shown<&rtnl::tun::vnet_header, on_off>("vnet_hdr"),
                                             shown<&rtnl::tun::multi_queue, on_off>("multi_queue"),
                                             shown<&rtnl::tun::queues, number<>>("numqueues"),
                                             shown<&rtnl::tun::disabled_queues, number<>>("numdisabled"),
                                             shown<&rtnl::tun::persistent, on_off>("persist"),
                                             shown<&rtnl::tun::owner, user>("user"),
                                             shown<&rtnl::tun::group, number<>>("group")};

constexpr option<rtnl::vrf_port> vrf_port_options[] = {shown<&rtnl::vrf_port::table, number<>>("table")};

constexpr link_kind dummy_kind = link_kind_by_table<rtnl::dummy, no_options<rtnl::dummy>>("dummy");
constexpr link_kind ifb_kind = link_kind_by_table<rtnl::ifb, no_options<rtnl::ifb>>("ifb");
constexpr link_kind wireguard_kind =
    link_kind_by_table<rtnl::wireguard, no_options<rtnl::wireguard>>("wireguard");
constexpr link_kind vrf_kind = link_kind_by_table<rtnl::vrf, vrf_options>("vrf");
constexpr link_kind tun_kind = link_kind_by_table<rtnl::tun, tun_options>("tun");
constexpr port_kind vrf_port_kind = port_kind_by_table<rtnl::vrf_port, vrf_port_options>("vrf_slave");

constexpr const link_kind* link_kinds[] = {
    &bond_kind,    &bridge_kind,    &dummy_kind,  &geneve_kind, &gre_kind,    &gretap_kind,   &ifb_kind,
    &ip6gre_kind,  &ip6gretap_kind, &ip6tnl_kind, &ipip_kind,   &ipvlan_kind, &ipvtap_kind,   &macvlan_kind,
    &macvtap_kind, &sit_kind,       &vlan_kind,   &vrf_kind,    &vxlan_kind,  &wireguard_kind};
constexpr const port_kind* port_kinds[] = {&bond_port_kind, &bridge_port_kind};

template <class Data>
linx::result<Data> read_whole(const kind_of<Data>& kind, words& rest, const link_names& links, bool is_new)
{
  BOOST_OUTCOME_TRY(auto data, kind.read(rest, links, is_new));
  if (rest.empty()) return data;
  std::string all;
  for (const auto& each : kind.options())
    all += (all.empty() ? "" : ", ") + std::string(each.is_flag ? "[no]" : "") + std::string(each.word);
  return linx::error::argument("\"" + std::string(rest.peek()) + "\" is no option of " +
                               std::string(kind.name) + (all.empty() ? ", which has none" : ": " + all));
}

} // namespace

linx::result<const link_kind*> find_link_kind(std::string_view name)
{
  std::string all;
  for (const auto* each : link_kinds) {
    if (each->name == name) return each;
    all += std::string(each->name) + ", ";
  }
  return linx::error::argument("\"" + std::string(name) + "\" is no kind of link that linx-ip makes: " + all +
                               "veth");
}

const port_kind* find_port_kind(std::string_view name)
{
  for (const auto* each : port_kinds)
    if (each->name == name) return each;
  return nullptr;
}

linx::result<rtnl::link_data> read_kind(const link_kind& kind, words& rest, const link_names& links,
                                        bool is_new)
{
  return read_whole(kind, rest, links, is_new);
}

linx::result<rtnl::port_data> read_kind(const port_kind& kind, words& rest, const link_names& links)
{
  return read_whole(kind, rest, links, false);
}

json show_kind(const rtnl::link_data& data, const link_names& links)
{
  if (data.holds<rtnl::tun>()) return tun_kind.show(data, links);
  for (const auto* each : link_kinds)
    if (each->name == kind_name(data)) return each->show(data, links);
  return json::object();
}

json show_kind(const rtnl::port_data& data, const link_names& links)
{
  if (data.holds<rtnl::vrf_port>()) return vrf_port_kind.show(data, links);
  for (const auto* each : port_kinds)
    if (each->name == std::string(kind_name(data)) + "_slave") return each->show(data, links);
  return json::object();
}

} // namespace ip_tool
