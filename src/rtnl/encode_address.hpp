// rtnetlink requests about addresses.
#pragma once

#include <linx/netlink/message_builder.hpp>
#include <linx/rtnl/address.hpp>

namespace linx::rtnl {

netlink::message_builder encode_new(const address&);
netlink::message_builder encode_remove(const address&);
netlink::message_builder encode_list_addresses();

} // namespace linx::rtnl
