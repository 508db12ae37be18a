// What of a wanted network contradicts itself, and the order in which its parts can be made.
#pragma once

#include <linx/rtnl/desired.hpp>

namespace linx::rtnl::detail {

result<> check(const desired&);

// Each link behind the one that it is on, and behind the pair that it is the other end of; as written
// otherwise. A circle is an error that names it.
result<std::vector<const desired_link*>> in_order(const std::vector<desired_link>&);

} // namespace linx::rtnl::detail
