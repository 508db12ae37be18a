/// Who knocks at the socket of a parked child, by the kernel's word.
#pragma once

#include "state.hpp"

namespace linx::spawner {

/// 0 if the peer of this connection may have the child; EPERM: it may not, or the kernel does not show
/// enough of it, its user namespace among that; else the errno of what failed.
int check_visitor(state&, int connection) noexcept;

} // namespace linx::spawner
