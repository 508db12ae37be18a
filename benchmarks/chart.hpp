// The outcomes as a picture: throughput against the peers.
#pragma once

#include "contest.hpp"

#include <string>
#include <vector>

namespace linx::bench {

// A panel for each outcome: a bar for each standing, as long as its rate is beside the best of the panel, and
// a line for each figure. A whole SVG document.
std::string as_svg(const std::vector<outcome>& all);

} // namespace linx::bench
