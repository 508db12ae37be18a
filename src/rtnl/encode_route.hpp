// rtnetlink requests about routes.
#pragma once

#include <linx/netlink/message_builder.hpp>
#include <linx/rtnl/route.hpp>

namespace linx::rtnl {

// `flags` are NLM_F_CREATE with NLM_F_EXCL, NLM_F_REPLACE or NLM_F_APPEND.
netlink::message_builder encode_new(const route&, std::uint16_t flags);
netlink::message_builder encode_remove(const route&);
netlink::message_builder encode_list_routes(net::family);

} // namespace linx::rtnl
