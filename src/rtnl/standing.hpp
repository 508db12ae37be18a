// What is there in the place of what a step asked for.
#pragma once

#include <linx/rtnl/plan.hpp>

#include <string>

namespace linx::rtnl {

// Of a link the settings that the step names; of an address, a route, a rule, a neighbour those that stand in
// its place. Empty: nothing does.
std::string standing_for(const action& step, const observed& there);

} // namespace linx::rtnl
