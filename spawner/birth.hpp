/// Answers a spawn request: makes the child, or says why not.
#pragma once

#include "control.hpp"
#include "state.hpp"

namespace linx::spawner {

/// Sends `spawned` or `failed`; where the child hangs on its way, another worker does, by conclude_births().
void give_birth(state&, const frame&) noexcept;

/// For those that hung and have come to an end.
void conclude_births(state&) noexcept;

/// Sends `failed`.
void refuse(state&, std::uint64_t id, wire::stage where, int error, std::uint16_t step = 0) noexcept;

} // namespace linx::spawner
