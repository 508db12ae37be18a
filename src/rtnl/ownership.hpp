// Whose an object is that has no mark of its own: what was made is ours, what was taken away no longer is.
#pragma once

#include <linx/rtnl/plan.hpp>

namespace linx::rtnl {

// `ours` after a step was taken. Routes have their protocol for a mark and are left out.
void take_over(desired& ours, const action& step);

// `ours`, and whatever is made before the steps have ended.
desired with_all_that_may_be_made(desired ours, const plan& steps);

} // namespace linx::rtnl
