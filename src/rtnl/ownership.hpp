// Whose an object is that has no mark of its own: what was made is ours, what was taken away no longer is.
#pragma once

#include <linx/rtnl/plan.hpp>

namespace linx::rtnl {

// `ours` after a step was taken. Routes have their protocol for a mark and are left out.
void take_over(desired& ours, const action& step);

// `ours`, and beside it whatever may be made before the steps have ended.
desired with_all_that_may_be_made(desired ours, const plan& steps);

// Of what is wanted and there, what is ours: not what was there before.
desired ours_of(const desired& want, const desired& ours);

} // namespace linx::rtnl
