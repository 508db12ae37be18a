// The peer that C++ programs use today: Boost.Process v2 with its default launcher, fork(2) and exec.
#pragma once

#include <string>

namespace linx::bench {

// False where linx-bench was built with a Boost that has no Boost.Process v2.
bool has_boost_process() noexcept;

// Spawns one child after the other and awaits each; throws if one does not exit with 0.
void boost_spawns(const std::string& program, unsigned count);

} // namespace linx::bench
