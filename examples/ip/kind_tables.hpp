// Kinds made of tables of options. For the files that have such tables, and the one that lists the kinds.
#pragma once

#include "kinds.hpp"
#include "option.hpp"

#include <array>

namespace ip_tool {

namespace detail {

/// The table may be one of a base that several kinds share.
template <class Data, class Kind, const auto& Options, auto Defaults>
class kind_by_table {
  using owner = typename std::remove_cvref_t<decltype(*std::begin(Options))>::kind;

public:
  static linx::result<Data> read(words& rest, const link_names& links, bool is_new)
  {
    Kind kind;
    if (is_new) Defaults(kind);
    BOOST_OUTCOME_TRYV(read_options<owner>(Options, kind, rest, links));
    return Data(std::move(kind));
  }
  static json show(const Data& data, const link_names& links)
  {
    const auto* const kind = data.template get_if<Kind>();
    return kind == nullptr ? json::object() : show_options<owner>(Options, *kind, links);
  }
  static std::vector<option_name> options()
  {
    std::vector<option_name> all;
    for (const auto& each : Options)
      if (each.read != nullptr) all.push_back({each.word, each.is_flag});
    return all;
  }
};

template <class Kind>
void nothing_by_itself(Kind&) noexcept
{}

} // namespace detail

template <class Kind>
inline constexpr std::array<option<Kind>, 0> no_options{};

/// `Defaults` sets what ip(8) asks for by itself.
template <class Kind, const auto& Options, auto Defaults = &detail::nothing_by_itself<Kind>>
constexpr link_kind link_kind_by_table(std::string_view name)
{
  using it = detail::kind_by_table<linx::rtnl::link_data, Kind, Options, Defaults>;
  return {name, &it::read, &it::show, &it::options};
}

template <class Kind, const auto& Options>
constexpr port_kind port_kind_by_table(std::string_view name)
{
  using it = detail::kind_by_table<linx::rtnl::port_data, Kind, Options, &detail::nothing_by_itself<Kind>>;
  return {name, &it::read, &it::show, &it::options};
}

extern const link_kind bond_kind, bridge_kind, geneve_kind, gre_kind, gretap_kind, ip6gre_kind,
    ip6gretap_kind, ip6tnl_kind, ipip_kind, ipvlan_kind, ipvtap_kind, macvlan_kind, macvtap_kind, sit_kind,
    vlan_kind, vxlan_kind;
extern const port_kind bond_port_kind, bridge_port_kind;

/// linux/if_vlan.h, linux/if_ether.h
inline constexpr choice vlan_protocols[] = {{0x8100, "802.1Q"}, {0x88a8, "802.1ad"}};
/// A flow label of IPv6 has 20 bits.
inline constexpr std::uint32_t last_label = (1u << 20) - 1;
/// VXLAN_DF_*, GENEVE_DF_*
inline constexpr choice dont_fragment_words[] = {{0, "unset"}, {1, "set"}, {2, "inherit"}};

} // namespace ip_tool
