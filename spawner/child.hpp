/// A child between clone and execve.
#pragma once

#include "request_area.hpp"

namespace linx::spawner {

/// The entry of every child: `note` is a child_note. Never returns.
[[noreturn]] void run_child(void* note) noexcept;

/// Writes a failure where the host, or the spawner, looks for it.
void report_failure(wire::status_slot& slot, int error, wire::stage where, std::uint16_t step = 0) noexcept;

} // namespace linx::spawner
