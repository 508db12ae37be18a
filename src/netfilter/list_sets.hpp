// The sets of a ruleset without their elements.
#pragma once

#include <linx/core/task.hpp>
#include <linx/netfilter/set.hpp>
#include <linx/netlink/connection.hpp>

#include <vector>

namespace linx::netfilter::detail {

/// Sets come and go while they are listed; nothing is compared or repeated.
task<std::vector<set>> list_sets(netlink::connection nf);

} // namespace linx::netfilter::detail
