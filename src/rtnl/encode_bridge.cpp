#include "rtnl/encode_bridge.hpp"

#include "rtnl/kind_codec.hpp"

#include <linux/if_bridge.h>
#include <linux/neighbour.h>
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

message_builder neighbour_message(std::uint16_t type, std::uint16_t flags, ndmsg header)
{
  header.ndm_family = AF_BRIDGE;
  message_builder m(type, flags, header);
  m.set_names(fdb_names);
  return m;
}

bool is_of_device(const fdb_entry& e) noexcept
{
  return e.destination || e.nexthop || e.vni || e.source_vni;
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

result<message_builder> encode_fdb(std::uint16_t type, std::uint16_t flags, const fdb_entry& entry)
{
  if (entry.link == 0) return error::argument("FDB entry " + to_string(entry) + ": it needs a link");
  if (entry.destination && entry.nexthop) {
    return error::argument("FDB entry " + to_string(entry) + ": a destination or a nexthop object, not both");
  }
  ndmsg header{};
  header.ndm_ifindex = static_cast<int>(entry.link);
  header.ndm_state = entry.state;
  header.ndm_flags = entry.flags;
  if ((entry.flags & (NTF_SELF | NTF_MASTER)) == 0)
    header.ndm_flags |= is_of_device(entry) ? NTF_SELF : NTF_MASTER;
  auto m = neighbour_message(type, flags, header);
  put_mac(m, NDA_LLADDR, entry.address);
  if (entry.destination) put_ip(m, NDA_DST, *entry.destination);
  if (entry.vlan) m.put_u16(NDA_VLAN, *entry.vlan);
  if (entry.port) m.put_be16(NDA_PORT, *entry.port);
  if (entry.vni) m.put_u32(NDA_VNI, *entry.vni);
  if (entry.source_vni) m.put_u32(NDA_SRC_VNI, *entry.source_vni);
  if (entry.via) m.put_u32(NDA_IFINDEX, *entry.via);
  if (entry.nexthop) m.put_u32(NDA_NH_ID, *entry.nexthop);
  if (entry.extended_flags != 0) m.put_u32(NDA_FLAGS_EXT, entry.extended_flags);
  return m;
}

message_builder encode_list_fdb(std::uint32_t bridge, std::uint32_t port)
{
  ndmsg header{};
  header.ndm_ifindex = static_cast<int>(port);
  auto m = neighbour_message(RTM_GETNEIGH, 0, header);
  if (bridge != 0) m.put_u32(NDA_MASTER, bridge);
  return m;
}

message_builder encode_flush_fdb(std::uint32_t link, const fdb_flush& which)
{
  constexpr std::uint16_t bulk = 0x200; // NLM_F_BULK, linux/netlink.h of 5.19
  ndmsg header{};
  header.ndm_ifindex = static_cast<int>(link);
  header.ndm_state = which.state();
  header.ndm_flags = which.is_self() ? NTF_SELF : NTF_MASTER;
  auto m = neighbour_message(RTM_DELNEIGH, bulk, header);
  if (which.vlan()) m.put_u16(NDA_VLAN, *which.vlan());
  if (which.state_mask() != 0) m.put_u16(NDA_NDM_STATE_MASK, which.state_mask());
  return m;
}

} // namespace linx::rtnl
