// rtnetlink requests about bridges: ports, VLANs, forwarding tables.
#pragma once

#include <linx/core/result.hpp>
#include <linx/netlink/message_builder.hpp>
#include <linx/rtnl/bridge_vlan.hpp>
#include <linx/rtnl/fdb.hpp>

namespace linx::rtnl {

class bridge_port;

netlink::message_builder encode_change(std::uint32_t port, const bridge_port&);
// `type` is RTM_SETLINK or RTM_DELLINK.
result<netlink::message_builder> encode_bridge_vlan(std::uint16_t type, std::uint32_t port,
                                                    const bridge_vlan&);
netlink::message_builder encode_list_bridge_vlans();

// `type` is RTM_NEWNEIGH or RTM_DELNEIGH; `flags` are NLM_F_CREATE with NLM_F_EXCL, NLM_F_REPLACE or
// NLM_F_APPEND.
result<netlink::message_builder> encode_fdb(std::uint16_t type, std::uint16_t flags, const fdb_entry&);
netlink::message_builder encode_list_fdb(std::uint32_t bridge, std::uint32_t port);
netlink::message_builder encode_flush_fdb(std::uint32_t link, const fdb_flush&);

} // namespace linx::rtnl
