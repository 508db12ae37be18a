/// The loop: requests, exits, and the end of the host.
#pragma once

#include "state.hpp"

namespace linx::spawner {

/// Serves, as the worker on duty, until the host is gone and no child depends on this process any more.
void serve(state&) noexcept;

/// Deals with what the host has said by now, as far as answers can be sent.
void hear_out(state&) noexcept;

} // namespace linx::spawner
