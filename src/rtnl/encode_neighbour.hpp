// Requests about neighbours.
#pragma once

#include <linx/netlink/message_builder.hpp>
#include <linx/rtnl/neighbour.hpp>

namespace linx::rtnl {

// `flags` are NLM_F_CREATE with NLM_F_EXCL or NLM_F_REPLACE, or the last alone.
netlink::message_builder encode_new(const neighbour&, std::uint16_t flags);
netlink::message_builder encode_remove(const neighbour&);
netlink::message_builder encode_get_neighbour(std::uint32_t link, const net::ip& address);
netlink::message_builder encode_list(const neighbour_filter&);
netlink::message_builder encode_list_neighbour_tables();

} // namespace linx::rtnl
