#include "rtnl/kind_codec.hpp"

#include <linux/if_vlan.h>

namespace linx::rtnl {

namespace {

// A list of struct ifla_vlan_qos_mapping; every element has the same type.
class mapping_wire {
public:
  static void put(netlink::message_builder& m, std::uint16_t type, const std::vector<priority_mapping>& all)
  {
    const auto nest = m.nested(type);
    for (const auto& one : all) m.put_struct(IFLA_VLAN_QOS_MAPPING, ifla_vlan_qos_mapping{one.from, one.to});
  }
  template <class>
  static std::optional<std::vector<priority_mapping>> read(const netlink::attribute& a)
  {
    std::vector<priority_mapping> all;
    for (const auto one : a.nested()) {
      if (one.type() != IFLA_VLAN_QOS_MAPPING) continue;
      const auto raw = one.as_struct<ifla_vlan_qos_mapping>();
      all.emplace_back(raw.from, raw.to);
    }
    return all;
  }
  static bool carries(const std::vector<priority_mapping>&) noexcept { return true; }
};

constexpr bit<vlan> vlan_switches[] = {{VLAN_FLAG_REORDER_HDR, &vlan::reorder_header, "reorder_header"},
                                       {VLAN_FLAG_GVRP, &vlan::gvrp, "gvrp"},
                                       {VLAN_FLAG_MVRP, &vlan::mvrp, "mvrp"},
                                       {VLAN_FLAG_LOOSE_BINDING, &vlan::loose_binding, "loose_binding"},
                                       {VLAN_FLAG_BRIDGE_BINDING, &vlan::bridge_binding, "bridge_binding"}};

constexpr field<vlan> vlan_rows[] = {LINX_FIXED(vlan, id, IFLA_VLAN_ID, u16),
                                     LINX_FIXED(vlan, protocol, IFLA_VLAN_PROTOCOL, be16),
                                     switches<vlan, vlan_switches>(IFLA_VLAN_FLAGS, "IFLA_VLAN_FLAGS"),
                                     LINX_SENT(vlan, ingress, IFLA_VLAN_INGRESS_QOS, mapping_wire),
                                     LINX_SENT(vlan, egress, IFLA_VLAN_EGRESS_QOS, mapping_wire)};

} // namespace

std::string to_string(const priority_mapping& m)
{
  return std::to_string(m.from) + ':' + std::to_string(m.to);
}

constexpr kind_codec vlan_codec = detail::codec<kind_data, vlan, vlan_rows>("vlan");

} // namespace linx::rtnl
