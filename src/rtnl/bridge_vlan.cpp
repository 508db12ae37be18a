#include <linx/rtnl/bridge_vlan.hpp>

#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace linx::rtnl {

namespace {

void read_vlans(const netlink::attributes& spec, bool self, std::vector<bridge_vlan>& vlans)
{
  std::optional<std::uint16_t> begin;
  for (const auto a : spec) {
    if (a.type() != IFLA_BRIDGE_VLAN_INFO) continue;
    const auto info = a.as_struct<bridge_vlan_info>();
    if ((info.flags & BRIDGE_VLAN_INFO_RANGE_BEGIN) != 0) {
      begin = info.vid;
      continue;
    }
    const bool ends = (info.flags & BRIDGE_VLAN_INFO_RANGE_END) != 0;
    bridge_vlan vlan(ends && begin && *begin <= info.vid ? *begin : info.vid, info.vid);
    begin.reset();
    vlan.pvid = (info.flags & BRIDGE_VLAN_INFO_PVID) != 0;
    vlan.untagged = (info.flags & BRIDGE_VLAN_INFO_UNTAGGED) != 0;
    vlan.self = self;
    vlans.push_back(vlan);
  }
}

} // namespace

std::optional<port_vlans> port_vlans::decode(const netlink::message_view& m)
{
  if (m.type() != RTM_NEWLINK && m.type() != RTM_DELLINK) return std::nullopt;
  const auto header = m.family_header<ifinfomsg>();
  if (header.ifi_family != AF_BRIDGE) return std::nullopt;
  port_vlans port;
  port.link = static_cast<std::uint32_t>(header.ifi_index);
  const auto attributes = m.attributes_after<ifinfomsg>();
  const auto master = attributes.find(IFLA_MASTER);
  port.bridge = master ? master->as<std::uint32_t>().value_or(0) : port.link;
  if (const auto spec = attributes.find(IFLA_AF_SPEC))
    read_vlans(spec->nested(), port.bridge == port.link, port.vlans);
  return port;
}

std::string to_string(const bridge_vlan& vlan)
{
  std::string text = std::to_string(vlan.first);
  if (vlan.last != vlan.first) text += '-' + std::to_string(vlan.last);
  if (vlan.pvid) text += " pvid";
  if (vlan.untagged) text += " untagged";
  return text;
}

std::string to_string(const port_vlans& port)
{
  std::string text = std::to_string(port.link) + ':';
  for (const auto& vlan : port.vlans) text += (text.back() == ':' ? " " : ", ") + to_string(vlan);
  return text;
}

} // namespace linx::rtnl
