// rtnetlink requests about the numbers that network namespaces have in one another.
#pragma once

#include <linx/netlink/message.hpp>
#include <linx/netlink/message_builder.hpp>

#include <optional>

namespace linx::rtnl {

// `type` is RTM_NEWNSID, with the number to give, or RTM_GETNSID.
netlink::message_builder encode_netns_id(std::uint16_t type, int netns, std::optional<std::int32_t> id);
netlink::message_builder encode_list_netns_ids();
std::optional<std::int32_t> decode_netns_id(const netlink::message_view&);

} // namespace linx::rtnl
