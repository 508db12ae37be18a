// What the kernel makes of what it is asked for: it rounds, clamps and leaves out. Both sides of a comparison
// go through here, so that what it cannot list otherwise does not differ.
#pragma once

#include <linx/rtnl/desired.hpp>
#include <linx/rtnl/route.hpp>
#include <linx/rtnl/rule.hpp>

namespace linx::rtnl::detail {

inline constexpr std::uint32_t default_v6_metric = 1024; // IP6_RT_PRIO_USER in the kernel

route canonical(route);
rule canonical(rule);
desired_address canonical(desired_address);

// Whether they select and do the same, whoever made them.
bool is_same(const rule&, const rule&);

} // namespace linx::rtnl::detail
