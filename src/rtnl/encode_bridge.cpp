#include "rtnl/encode_bridge.hpp"

#include "rtnl/kind_codec.hpp"

#include <linux/if_bridge.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace linx::rtnl {

namespace {

using netlink::message_builder;

message_builder bridge_message(std::uint16_t type, std::uint32_t port)
{
  ifinfomsg header{};
  header.ifi_family = AF_BRIDGE;
  header.ifi_index = static_cast<int>(port);
  message_builder m(type, 0, header);
  m.set_names(bridge_port_names);
  return m;
}

void put_vlan(message_builder& m, std::uint16_t vid, std::uint16_t flags)
{
  m.put_struct(IFLA_BRIDGE_VLAN_INFO, bridge_vlan_info{flags, vid});
}

} // namespace

message_builder encode_change(std::uint32_t port, const bridge_port& options)
{
  auto m = bridge_message(RTM_SETLINK, port);
  {
    const auto info = m.nested(IFLA_PROTINFO);
    bridge_port_codec.put(m, master_data(options));
  }
  return m;
}

result<message_builder> encode_bridge_vlan(std::uint16_t type, std::uint32_t port, const bridge_vlan& vlan)
{
  constexpr std::uint16_t last_vid = 4094;
  if (vlan.first == 0 || vlan.last > last_vid || vlan.first > vlan.last)
    return error::argument("VLANs " + to_string(vlan) + ": from 1 to 4094, the lower one first");
  if (vlan.pvid && vlan.first != vlan.last)
    return error::argument("VLANs " + to_string(vlan) + ": a port has one pvid, not a range");
  std::uint16_t flags = 0;
  if (vlan.pvid) flags |= BRIDGE_VLAN_INFO_PVID;
  if (vlan.untagged) flags |= BRIDGE_VLAN_INFO_UNTAGGED;
  auto m = bridge_message(type, port);
  {
    const auto spec = m.nested(IFLA_AF_SPEC);
    if (vlan.self) m.put_u16(IFLA_BRIDGE_FLAGS, BRIDGE_FLAGS_SELF);
    if (vlan.first == vlan.last) {
      put_vlan(m, vlan.first, flags);
    } else {
      put_vlan(m, vlan.first, flags | BRIDGE_VLAN_INFO_RANGE_BEGIN);
      put_vlan(m, vlan.last, flags | BRIDGE_VLAN_INFO_RANGE_END);
    }
  }
  return m;
}

message_builder encode_list_bridge_vlans()
{
  auto m = bridge_message(RTM_GETLINK, 0);
  m.put_u32(IFLA_EXT_MASK, RTEXT_FILTER_BRVLAN_COMPRESSED);
  return m;
}

} // namespace linx::rtnl
