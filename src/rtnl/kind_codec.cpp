#include "rtnl/kind_codec.hpp"

#include <algorithm>

namespace linx::rtnl {

namespace {

constexpr field<vrf> vrf_rows[] = {LINX_FIXED(vrf, table, IFLA_VRF_TABLE, u32)};

constexpr field<vrf_port> vrf_port_rows[] = {LINX_OBSERVED(vrf_port, table, IFLA_VRF_PORT_TABLE, u32)};

constexpr field<tun> tun_rows[] = {LINX_OBSERVED(tun, owner, IFLA_TUN_OWNER, u32),
                                   LINX_OBSERVED(tun, group, IFLA_TUN_GROUP, u32),
                                   LINX_OBSERVED(tun, type, IFLA_TUN_TYPE, u8),
                                   LINX_OBSERVED(tun, packet_info, IFLA_TUN_PI, u8),
                                   LINX_OBSERVED(tun, vnet_header, IFLA_TUN_VNET_HDR, u8),
                                   LINX_OBSERVED(tun, persistent, IFLA_TUN_PERSIST, u8),
                                   LINX_OBSERVED(tun, multi_queue, IFLA_TUN_MULTI_QUEUE, u8),
                                   LINX_OBSERVED(tun, queues, IFLA_TUN_NUM_QUEUES, u32),
                                   LINX_OBSERVED(tun, disabled_queues, IFLA_TUN_NUM_DISABLED_QUEUES, u32)};

constexpr kind_codec vrf_codec = detail::codec<kind_data, vrf, vrf_rows>("vrf");
constexpr port_codec vrf_port_codec = detail::codec<master_data, vrf_port, vrf_port_rows>("vrf");
constexpr kind_codec tun_codec = detail::codec<kind_data, tun, tun_rows>("tun");
constexpr kind_codec dummy_codec = detail::plain_codec<kind_data, dummy>("dummy");
constexpr kind_codec ifb_codec = detail::plain_codec<kind_data, ifb>("ifb");
constexpr kind_codec veth_codec = detail::plain_codec<kind_data, veth_end>("veth");
constexpr kind_codec wireguard_codec = detail::plain_codec<kind_data, wireguard>("wireguard");

constexpr const kind_codec* kinds[] = {
    &veth_codec,      &bridge_codec,    &vlan_codec,    &vxlan_codec,  &dummy_codec,  &ifb_codec,
    &bond_codec,      &macvlan_codec,   &macvtap_codec, &ipvlan_codec, &ipvtap_codec, &tun_codec,
    &vrf_codec,       &wireguard_codec, &geneve_codec,  &gre_codec,    &gretap_codec, &ip6gre_codec,
    &ip6gretap_codec, &ipip_codec,      &sit_codec,     &ip6tnl_codec};
constexpr const port_codec* ports[] = {&bridge_port_codec, &bond_port_codec, &vrf_port_codec};

template <class Codecs>
auto by_name(const Codecs& all, std::string_view name) noexcept
{
  const auto* at = std::find_if(std::begin(all), std::end(all), [&](auto* c) { return c->kind == name; });
  return at == std::end(all) ? nullptr : *at;
}

template <class Codecs>
auto by_alternative(const Codecs& all, std::size_t index) noexcept
{
  const auto* at =
      std::find_if(std::begin(all), std::end(all), [&](auto* c) { return c->alternative == index; });
  return at == std::end(all) ? nullptr : *at;
}

template <class Box, class Codecs>
Box read(const Codecs& all, const netlink::attributes& info, std::uint16_t kind_type, std::uint16_t data_type)
{
  const auto kind = info.find(kind_type);
  if (!kind || kind->as_string().empty()) return {};
  const auto data = info.find(data_type);
  if (const auto* codec = by_name(all, kind->as_string()))
    return codec->read(data ? data->nested() : netlink::attributes());
  other_kind other{std::string(kind->as_string())};
  if (data) other.data.assign(data->payload().begin(), data->payload().end());
  return other;
}

template <class Box, class Codecs>
std::string_view name_of(const Codecs& all, const Box& box) noexcept
{
  if (!box) return {};
  if (const auto* codec = by_alternative(all, box.get()->index())) return codec->kind;
  const auto* other = box.template get_if<other_kind>();
  return other ? std::string_view(other->kind) : std::string_view();
}

template <class Box, class Codecs>
std::string print(const Codecs& all, const Box& box)
{
  std::string text(name_of(all, box));
  if (!box) return text;
  if (const auto* codec = by_alternative(all, box.get()->index())) codec->print(text, *box.get());
  return text;
}

} // namespace

const kind_codec* find_kind(std::string_view name) noexcept
{
  return by_name(kinds, name);
}

const kind_codec* find_kind(const kind_data& data) noexcept
{
  return by_alternative(kinds, data.index());
}

const port_codec* find_port(std::string_view name) noexcept
{
  return by_name(ports, name);
}

const port_codec* find_port(const master_data& data) noexcept
{
  return by_alternative(ports, data.index());
}

link_data read_link_data(const netlink::attributes& info)
{
  return read<link_data>(kinds, info, IFLA_INFO_KIND, IFLA_INFO_DATA);
}

port_data read_port_data(const netlink::attributes& info)
{
  return read<port_data>(ports, info, IFLA_INFO_SLAVE_KIND, IFLA_INFO_SLAVE_DATA);
}

namespace {

template <class Variant, class Codecs>
void put(netlink::message_builder& m, const Codecs& all, const Variant& data, std::uint16_t kind_type,
         std::uint16_t data_type)
{
  if (const auto* codec = by_alternative(all, data.index())) {
    m.set_names(*codec->names);
    m.put_string(kind_type, codec->kind);
    if (!codec->put) return;
    const auto nest = m.nested(data_type);
    codec->put(m, data);
  } else if (const auto* other = std::get_if<other_kind>(&data)) {
    m.put_string(kind_type, other->kind);
    if (!other->data.empty()) m.put(data_type | NLA_F_NESTED, other->data);
  }
}

} // namespace

void put_link_info(netlink::message_builder& m, const kind_data* own, const master_data* port)
{
  if (!own && !port) return;
  const auto info = m.nested(IFLA_LINKINFO);
  if (port) put(m, ports, *port, IFLA_INFO_SLAVE_KIND, IFLA_INFO_SLAVE_DATA);
  if (own) put(m, kinds, *own, IFLA_INFO_KIND, IFLA_INFO_DATA);
}

unmet_options compare(const link_data& want, const link_data& there)
{
  if (!want || !there || want.get()->index() != there.get()->index()) return {};
  const auto* codec = find_kind(*want.get());
  return codec && codec->compare ? codec->compare(*want.get(), *there.get()) : unmet_options();
}

template <class Which>
bool boxed<Which>::equal(const boxed& other) const noexcept
{
  if (!value_ || !other.value_) return get() == other.get();
  return get() == other.get() || *value_ == *other.value_;
}

template class boxed<detail::any_kind>;
template class boxed<detail::any_master>;

std::string to_string(const link_data& data)
{
  return print(kinds, data);
}

std::string to_string(const port_data& data)
{
  return print(ports, data);
}

std::string_view kind_name(const link_data& data) noexcept
{
  return name_of(kinds, data);
}

std::string_view kind_name(const port_data& data) noexcept
{
  return name_of(ports, data);
}

} // namespace linx::rtnl
