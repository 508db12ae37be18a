// One spawn of linx from the request to the exit status, and many of them.
#pragma once

#include "host.hpp"

#include <linx/process/options.hpp>

#include <string>

namespace linx::bench {

enum class way { checkpoint, auto_proceed };

// The program that only exits.
process_options target();

// One child after the other; an exit that is no success is an error.
task<> cycles(process_options options, way how, unsigned count);

// Spawns a second.
double sequential(host& on, const process_options& options, way how, unsigned count);
double concurrent(host& on, const process_options& options, way how, unsigned count, unsigned in_flight);

} // namespace linx::bench
