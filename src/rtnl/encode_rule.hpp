// Requests about rules.
#pragma once

#include <linx/core/result.hpp>
#include <linx/netlink/message_builder.hpp>
#include <linx/rtnl/rule.hpp>

namespace linx::rtnl {

// `stage::argument` for names that no interface can have, and networks of the other family.
result<netlink::message_builder> encode_new(const rule&);
result<netlink::message_builder> encode_remove(const rule&);
netlink::message_builder encode_list(const rule_filter&);

} // namespace linx::rtnl
