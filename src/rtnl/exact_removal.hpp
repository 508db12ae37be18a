// Removals that take away one object and nothing else, where the kernel by itself would take more.
#pragma once

#include <linx/netlink/message_builder.hpp>
#include <linx/rtnl/address.hpp>
#include <linx/rtnl/route.hpp>
#include <linx/rtnl/rule.hpp>

#include <vector>

namespace linx::rtnl {

using requests = std::vector<netlink::message_builder>;

// The kernel removes the first rule that has all that is named (rule_find() in net/core/fib_rules.c), and
// that a selector is not there cannot be said. Where a rule that says more stands before `gone` in `listed`,
// it is taken away as well, and put back behind with all that followed it, in their order.
result<requests> removal_of(const rule& gone, const std::vector<rule>& listed);

// The first IPv4 address of a network on a link takes the others of that network along, unless the link
// promotes them (promote_secondaries), and those take the routes that they are the source of
// (__inet_del_ifa() in net/ipv4/devinet.c). They are put back.
// Parameters: `addresses` of that link, `routes` of that family; both may be empty where nothing is taken
// along, see takes_along.
result<requests> removal_of(const address& gone, const std::vector<address>& addresses,
                            const std::vector<route>& routes);
bool takes_along(const address& gone, const std::vector<address>& addresses);

} // namespace linx::rtnl
