// rtnetlink requests about links.
#pragma once

#include <linx/core/result.hpp>
#include <linx/netlink/message_builder.hpp>
#include <linx/rtnl/link.hpp>

namespace linx::rtnl {

// What dev_valid_name() of the kernel accepts; otherwise `stage::argument`.
result<> check_link_name(std::string_view name);

result<netlink::message_builder> encode_new_link(const veth&);
// By name, unless the name itself changes: that takes an index.
result<netlink::message_builder> encode_change(const link_id&, const link_change&);
result<netlink::message_builder> encode_remove(const link_id&);
result<netlink::message_builder> encode_get(const link_id&);
netlink::message_builder encode_list_links();

} // namespace linx::rtnl
