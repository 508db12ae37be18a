// Requests about nexthop objects.
#pragma once

#include <linx/core/result.hpp>
#include <linx/netlink/message_builder.hpp>
#include <linx/rtnl/nexthop.hpp>

namespace linx::rtnl {

// `flags` are NLM_F_CREATE with NLM_F_EXCL or NLM_F_REPLACE.
result<netlink::message_builder> encode_new(const nexthop&, std::uint16_t flags);
netlink::message_builder encode_remove_nexthop(std::uint32_t id);
netlink::message_builder encode_get_nexthop(std::uint32_t id);
netlink::message_builder encode_list(const nexthop_filter&);
netlink::message_builder encode_list_buckets(std::uint32_t group);
netlink::message_builder encode_get_bucket(std::uint32_t group, std::uint16_t index);

} // namespace linx::rtnl
