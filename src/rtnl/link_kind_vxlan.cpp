#include "rtnl/kind_codec.hpp"

namespace linx::rtnl {

namespace {

// struct ifla_vxlan_port_range
class ports_wire {
public:
  static void put(netlink::message_builder& m, std::uint16_t type, const port_range& range)
  {
    m.put_struct(type, std::array{netlink::network_order(range.low), netlink::network_order(range.high)});
  }
  template <class>
  static std::optional<port_range> read(const netlink::attribute& a)
  {
    if (a.payload().size() < 2 * sizeof(std::uint16_t)) return std::nullopt;
    const auto raw = a.as_struct<std::array<std::uint16_t, 2>>();
    return port_range(netlink::network_order(raw[0]), netlink::network_order(raw[1]));
  }
  static bool carries(const port_range&) noexcept { return true; }
};

constexpr std::uint16_t IFLA_VXLAN_LOCALBYPASS = IFLA_VXLAN_VNIFILTER + 1; // linux/if_link.h of 6.5

// What is fixed: vxlan_nl2conf and geneve_nl2info of the kernel refuse to change it.
// vxlan_config_apply() in drivers/net/vxlan: the port of the module's parameter, or that of the generic
// protocol extension; FDB_AGE_DEFAULT
using vxlan_port = or_default<be16, 8472, 4790>;
using vxlan_ageing = or_default<seconds32, 300>;

constexpr field<vxlan> vxlan_rows[] = {
    LINX_FIXED(vxlan, id, IFLA_VXLAN_ID, u32),
    LINX_SENT(vxlan, group, IFLA_VXLAN_GROUP, ip4),
    LINX_SENT(vxlan, group, IFLA_VXLAN_GROUP6, ip6),
    LINX_SENT(vxlan, local, IFLA_VXLAN_LOCAL, ip4),
    LINX_SENT(vxlan, local, IFLA_VXLAN_LOCAL6, ip6),
    LINX_SENT(vxlan, lower, IFLA_VXLAN_LINK, u32),
    LINX_FIXED(vxlan, port, IFLA_VXLAN_PORT, vxlan_port),
    LINX_FIXED(vxlan, source_ports, IFLA_VXLAN_PORT_RANGE, ports_wire),
    LINX_SENT(vxlan, ttl, IFLA_VXLAN_TTL, u8),
    LINX_FIXED(vxlan, ttl_inherit, IFLA_VXLAN_TTL_INHERIT, flag),
    LINX_SENT(vxlan, tos, IFLA_VXLAN_TOS, u8),
    LINX_SENT(vxlan, label, IFLA_VXLAN_LABEL, be32),
    LINX_SENT(vxlan, df, IFLA_VXLAN_DF, u8),
    LINX_SENT(vxlan, learning, IFLA_VXLAN_LEARNING, u8),
    LINX_SENT(vxlan, ageing, IFLA_VXLAN_AGEING, vxlan_ageing),
    LINX_FIXED(vxlan, limit, IFLA_VXLAN_LIMIT, u32),
    LINX_FIXED(vxlan, proxy, IFLA_VXLAN_PROXY, u8),
    LINX_FIXED(vxlan, route_short_circuit, IFLA_VXLAN_RSC, u8),
    LINX_FIXED(vxlan, l2miss, IFLA_VXLAN_L2MISS, u8),
    LINX_FIXED(vxlan, l3miss, IFLA_VXLAN_L3MISS, u8),
    LINX_FIXED(vxlan, udp_checksum, IFLA_VXLAN_UDP_CSUM, u8),
    LINX_FIXED(vxlan, udp_zero_checksum6_tx, IFLA_VXLAN_UDP_ZERO_CSUM6_TX, u8),
    LINX_FIXED(vxlan, udp_zero_checksum6_rx, IFLA_VXLAN_UDP_ZERO_CSUM6_RX, u8),
    LINX_FIXED(vxlan, remcsum_tx, IFLA_VXLAN_REMCSUM_TX, u8),
    LINX_FIXED(vxlan, remcsum_rx, IFLA_VXLAN_REMCSUM_RX, u8),
    LINX_FIXED(vxlan, remcsum_nopartial, IFLA_VXLAN_REMCSUM_NOPARTIAL, flag),
    LINX_FIXED(vxlan, gbp, IFLA_VXLAN_GBP, flag),
    LINX_FIXED(vxlan, gpe, IFLA_VXLAN_GPE, flag),
    LINX_FIXED(vxlan, collect_metadata, IFLA_VXLAN_COLLECT_METADATA, u8),
    LINX_FIXED(vxlan, vni_filter, IFLA_VXLAN_VNIFILTER, u8),
    LINX_SENT(vxlan, local_bypass, IFLA_VXLAN_LOCALBYPASS, u8)};

constexpr field<geneve> geneve_rows[] = {
    LINX_FIXED(geneve, id, IFLA_GENEVE_ID, u32),
    LINX_SENT(geneve, remote, IFLA_GENEVE_REMOTE, ip4),
    LINX_SENT(geneve, remote, IFLA_GENEVE_REMOTE6, ip6),
    LINX_FIXED(geneve, port, IFLA_GENEVE_PORT, be16),
    LINX_SENT(geneve, ttl, IFLA_GENEVE_TTL, u8),
    LINX_SENT(geneve, ttl_inherit, IFLA_GENEVE_TTL_INHERIT, u8),
    LINX_SENT(geneve, tos, IFLA_GENEVE_TOS, u8),
    LINX_SENT(geneve, label, IFLA_GENEVE_LABEL, be32),
    LINX_SENT(geneve, df, IFLA_GENEVE_DF, u8),
    LINX_FIXED(geneve, udp_checksum, IFLA_GENEVE_UDP_CSUM, u8),
    LINX_FIXED(geneve, udp_zero_checksum6_tx, IFLA_GENEVE_UDP_ZERO_CSUM6_TX, u8),
    LINX_FIXED(geneve, udp_zero_checksum6_rx, IFLA_GENEVE_UDP_ZERO_CSUM6_RX, u8),
    LINX_FIXED(geneve, collect_metadata, IFLA_GENEVE_COLLECT_METADATA, flag),
    LINX_FIXED(geneve, inner_proto_inherit, IFLA_GENEVE_INNER_PROTO_INHERIT, flag)};

} // namespace

std::string to_string(const port_range& range)
{
  return std::to_string(range.low) + '-' + std::to_string(range.high);
}

std::string_view to_string(dont_fragment df) noexcept
{
  constexpr std::string_view names[] = {"unset", "set", "inherit"};
  const auto n = static_cast<std::size_t>(df);
  return n < std::size(names) ? names[n] : "unknown";
}

constexpr kind_codec vxlan_codec = detail::codec<kind_data, vxlan, vxlan_rows>("vxlan");
constexpr kind_codec geneve_codec = detail::codec<kind_data, geneve, geneve_rows>("geneve");

} // namespace linx::rtnl
