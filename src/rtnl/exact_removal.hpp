// Removals that take away one object and nothing else, where the kernel by itself would take more.
#pragma once

#include <linx/netlink/message_builder.hpp>
#include <linx/rtnl/address.hpp>
#include <linx/rtnl/neighbour.hpp>
#include <linx/rtnl/route.hpp>
#include <linx/rtnl/rule.hpp>

#include <vector>

namespace linx::rtnl {

using requests = std::vector<netlink::message_builder>;

// The kernel removes the first rule that has all that is named (rule_find() in net/core/fib_rules.c), and
// that a selector is not there cannot be said. Where a rule that says more stands before `gone` in `listed`,
// it is taken away as well, and put back behind with all that followed it, in their order.
result<requests> removal_of(const rule& gone, const std::vector<rule>& listed);

// What the kernel takes along with an address (__inet_del_ifa() and fib_inetaddr_event() in net/ipv4): the
// further IPv4 addresses of its network, unless the link promotes them (promote_secondaries), and the routes
// that these are the source of; with the last address of a link all IPv4 routes by it, and its neighbours.
class along {
public:
  std::vector<address> addresses;
  bool all = false;

  bool empty() const noexcept { return addresses.empty() && !all; }
};

// `addresses` are all of that link, `gone` as it is listed among them.
along what_goes_along(const address& gone, const std::vector<address>& addresses);

// The removal, and what puts back what went along. A route that cannot be without the address is refused.
result<requests> removal_of(const address& gone, const along& with, const std::vector<route>& routes,
                            const std::vector<neighbour>& neighbours);

} // namespace linx::rtnl
