/// The exit record of a parked child: for whoever was away.
#pragma once

#include "parked_child.hpp"

namespace linx::spawner {

/// Writes NAME.exit into the directory, as a whole or not at all: 0 or the errno.
int write_exit_file(int directory, const parked_child&) noexcept;

} // namespace linx::spawner
