// Requests about addresses.
#pragma once

#include <linx/core/result.hpp>
#include <linx/netlink/message_builder.hpp>
#include <linx/rtnl/address_filter.hpp>

namespace linx::rtnl {

// `flags` are NLM_F_CREATE with NLM_F_EXCL or NLM_F_REPLACE. `stage::argument` for an
// address whose parts are of two families.
result<netlink::message_builder> encode_new(const address&, std::uint16_t flags);
result<netlink::message_builder> encode_remove(const address&);
result<netlink::message_builder> encode_get(std::uint32_t link, const net::ip& own);
netlink::message_builder encode_list(const address_filter&);

} // namespace linx::rtnl
