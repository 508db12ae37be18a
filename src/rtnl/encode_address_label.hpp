// Requests about address labels.
#pragma once

#include <linx/core/result.hpp>
#include <linx/netlink/message_builder.hpp>
#include <linx/rtnl/address_label.hpp>

namespace linx::rtnl {

// `flags` are NLM_F_CREATE with NLM_F_EXCL or NLM_F_REPLACE. `stage::argument` for an IPv4 prefix.
result<netlink::message_builder> encode_new(const address_label&, std::uint16_t flags);
result<netlink::message_builder> encode_remove(const address_label&);
result<netlink::message_builder> encode_get_label(const net::ip& address);
netlink::message_builder encode_list_labels();

} // namespace linx::rtnl
