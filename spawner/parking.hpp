/// A child that outlives its host: taking it over, and keeping it until it ends.
#pragma once

#include "control.hpp"
#include "state.hpp"

namespace linx::spawner {

/// The frame `park`: answers `parked`. Afterwards, if that says so, state.parked.is_kept.
void park(state&, const frame&) noexcept;

/// Serves controllers, one after the other, and returns when the child has ended and that is recorded.
void keep_parked(state&) noexcept;

} // namespace linx::spawner
