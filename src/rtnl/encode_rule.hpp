// Requests about rules.
#pragma once

#include <linx/core/result.hpp>
#include <linx/netlink/message_builder.hpp>
#include <linx/rtnl/rule.hpp>

#include <linux/netlink.h>

namespace linx::rtnl {

// `stage::argument` for names that no interface can have, and networks of the other family.
// Without NLM_F_EXCL where a rule that says more may stand before it.
result<netlink::message_builder> encode_new(const rule&, std::uint16_t flags = NLM_F_CREATE | NLM_F_EXCL);
// The first rule that has all of this.
result<netlink::message_builder> encode_remove(const rule&);
// The first that has all of this, and whose protocol is this.
result<netlink::message_builder> encode_remove_of_protocol(const rule&);
netlink::message_builder encode_list(const rule_filter&);

} // namespace linx::rtnl
