// Requests about qdiscs, classes, filters and counters.
#pragma once

#include <linx/core/result.hpp>
#include <linx/netlink/message_builder.hpp>
#include <linx/rtnl/qdisc.hpp>

namespace linx::rtnl {

// `flags` are NLM_F_CREATE with NLM_F_EXCL or NLM_F_REPLACE, or none to change what is there.
result<netlink::message_builder> encode_new(const qdisc&, std::uint16_t flags);
netlink::message_builder encode_remove(const qdisc&);
result<netlink::message_builder> encode_new(const traffic_class&, std::uint16_t flags);
netlink::message_builder encode_remove(const traffic_class&);

// 0: of all interfaces.
netlink::message_builder encode_list_qdiscs(std::uint32_t link_index);
netlink::message_builder encode_list_classes(std::uint32_t link_index);
netlink::message_builder encode_list_filters(std::uint32_t link_index, tc_handle parent);

netlink::message_builder encode_get_statistics(std::uint32_t link_index);

} // namespace linx::rtnl
