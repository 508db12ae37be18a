// One spawn of linx from the request to the exit status, and many of them.
#pragma once

#include "host.hpp"

#include <linx/process/options.hpp>

#include <chrono>

namespace linx::bench {

enum class way { checkpoint, auto_proceed };

// The program that only exits.
process_options target();

// One child after the other; an exit that is no success is an error.
task<> cycles(process_options options, way how, unsigned count);

// The same; yields what the calls of spawn() took of this thread, for one at a time what they block it for.
task<std::chrono::nanoseconds> spawn_calls(process_options options, unsigned count);

// Spawns a second.
double sequential(host& on, const process_options& options, way how, unsigned count);
double concurrent(host& on, const process_options& options, way how, unsigned count, unsigned in_flight);

} // namespace linx::bench
