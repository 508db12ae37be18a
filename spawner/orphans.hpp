/// What happens to the children when their host is gone.
#pragma once

#include "state.hpp"

namespace linx::spawner {

/// Applies each child's orphan policy, and returns when no child is left that the spawner's end would kill.
void end_orphans(state&) noexcept;

} // namespace linx::spawner
