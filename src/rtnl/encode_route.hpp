// Requests about routes.
#pragma once

#include <linx/core/result.hpp>
#include <linx/netlink/message_builder.hpp>
#include <linx/rtnl/route_filter.hpp>

namespace linx::rtnl {

// `flags` are NLM_F_CREATE with NLM_F_EXCL, NLM_F_REPLACE or NLM_F_APPEND. `stage::argument` for a route that
// no message can say: addresses of two families, a weight beyond 256.
result<netlink::message_builder> encode_new(const route&, std::uint16_t flags);
// The route with that destination, table and ways, whoever made it.
result<netlink::message_builder> encode_remove(const route&);
// The route that was listed so, and no other.
result<netlink::message_builder> encode_remove_exactly(const route&);
result<netlink::message_builder> encode_get(const route_query&);
netlink::message_builder encode_list(const route_filter&);

} // namespace linx::rtnl
