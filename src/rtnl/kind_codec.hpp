// The kinds of links, each with what encodes, decodes, prints and names its data.
#pragma once

#include "rtnl/link_names.hpp"
#include "rtnl/object_table.hpp"
#include "rtnl/unmet_options.hpp"

#include <linx/rtnl/link_kinds.hpp>

#include <linux/if_link.h>

namespace linx::rtnl {

// `Variant` is kind_data or master_data.
template <class Variant>
class codec_of {
public:
  std::string_view kind;
  std::size_t alternative;                                // of the variant
  void (*put)(netlink::message_builder&, const Variant&); // null: there is nothing to say
  Variant (*read)(const netlink::attributes& data);
  void (*print)(std::string&, const Variant&);
  // both of that kind; null: there is nothing that could differ
  unmet_options (*compare)(const Variant& want, const Variant& there);
  // of a whole request, with the attributes of this kind inside
  const netlink::attribute_names* names;
};
using kind_codec = codec_of<kind_data>;
using port_codec = codec_of<master_data>;

namespace detail {

template <class Variant, class Kind, std::size_t At = 0>
constexpr std::size_t alternative_of() noexcept
{
  if constexpr (std::is_same_v<std::variant_alternative_t<At, Variant>, Kind>)
    return At;
  else
    return alternative_of<Variant, Kind, At + 1>();
}

// The table of a link request with these attributes in IFLA_INFO_DATA.
template <const auto& Rows>
class request_names {
  using names = netlink::attribute_names;
  static constexpr auto data_entries = row_names<Rows>();
  static constexpr names data{0, data_entries};
  static constexpr names::entry info_entries[] = {LINX_NAME(IFLA_INFO_KIND), LINX_NEST(IFLA_INFO_DATA, data),
                                                  LINX_NAME(IFLA_INFO_SLAVE_KIND),
                                                  LINX_NEST(IFLA_INFO_SLAVE_DATA, data)};
  static constexpr names info{0, info_entries};
  static constexpr auto entries = with_link_info(info);

public:
  static constexpr names link{sizeof(ifinfomsg), entries, describe_link};
};

// A kind that has no data of its own.
template <class Variant, class Kind>
constexpr codec_of<Variant> plain_codec(std::string_view kind) noexcept
{
  return {kind,
          alternative_of<Variant, Kind>(),
          nullptr,
          [](const netlink::attributes&) { return Variant(Kind()); },
          [](std::string&, const Variant&) {},
          nullptr,
          &link_names};
}

template <class Variant, class Kind, const auto& Rows>
constexpr codec_of<Variant> codec(std::string_view kind) noexcept
{
  return {kind,
          alternative_of<Variant, Kind>(),
          [](netlink::message_builder& m, const Variant& v) {
            for (const auto& row : Rows) row.put(m, *std::get_if<Kind>(&v));
          },
          [](const netlink::attributes& data) {
            Variant v{Kind()};
            for (const auto a : data) {
              for (const auto& row : Rows)
                if (row.type == a.type()) row.read(a, nullptr, *std::get_if<Kind>(&v));
            }
            return v;
          },
          [](std::string& text, const Variant& v) {
            for (const auto& row : Rows) row.print(text, *std::get_if<Kind>(&v));
          },
          [](const Variant& want, const Variant& there) {
            unmet_options unmet;
            if constexpr (std::is_same_v<Variant, kind_data>) {
              auto left = *std::get_if<Kind>(&want);
              bool is_left = false;
              for (const auto& row : Rows) {
                const bool differs = row.differs(left, *std::get_if<Kind>(&there));
                is_left |= differs;
                if (differs) row.print(unmet.found, *std::get_if<Kind>(&there));
                unmet.is_fixed |= differs && row.is_fixed;
              }
              if (is_left) unmet.data = std::move(left);
            }
            return unmet;
          },
          &request_names<Rows>::link};
}

} // namespace detail

extern const kind_codec bond_codec, bridge_codec, geneve_codec, gre_codec, gretap_codec, ip6gre_codec,
    ip6gretap_codec, ip6tnl_codec, ipip_codec, ipvlan_codec, ipvtap_codec, macvlan_codec, macvtap_codec,
    sit_codec, vlan_codec, vxlan_codec;
extern const port_codec bond_port_codec, bridge_port_codec;
// also of IFLA_PROTINFO in requests of family AF_BRIDGE
extern const netlink::attribute_names bridge_port_names;

// Null for a kind that linx does not know, and for an alternative that is no kind.
const kind_codec* find_kind(std::string_view name) noexcept;
const kind_codec* find_kind(const kind_data&) noexcept;
const port_codec* find_port(std::string_view name) noexcept;
const port_codec* find_port(const master_data&) noexcept;

// IFLA_LINKINFO read and written. A kind that is not known is kept as `other_kind`.
link_data read_link_data(const netlink::attributes& info);
port_data read_port_data(const netlink::attributes& info);
// Writes IFLA_LINKINFO of what is not null, and names the attributes for errors.
void put_link_info(netlink::message_builder&, const kind_data*, const master_data*);

} // namespace linx::rtnl
