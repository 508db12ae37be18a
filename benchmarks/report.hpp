// The outcomes as a table with bars on a terminal, and as JSON.
#pragma once

#include "contest.hpp"

#include <string>
#include <vector>

namespace linx::bench {

std::string as_table(const outcome& what);

// Everything measured, with the machine it was measured on: kernel, processor, number of CPUs, time.
std::string as_json(const std::vector<outcome>& all);

} // namespace linx::bench
