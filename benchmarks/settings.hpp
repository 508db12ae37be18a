// What the command line asks for.
#pragma once

#include "contest.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace linx::bench {

struct settings {
  unsigned rounds = 9;
  unsigned spawns = 300;        // cycles in one turn
  std::uint32_t routes = 20000; // in one turn
  bool quick = false;           // only to see that it runs
};

std::vector<outcome> spawn_benchmarks(const settings& how);
std::vector<outcome> peer_benchmarks(const settings& how);
std::vector<outcome> scale_benchmarks(const settings& how);
std::vector<outcome> plan_benchmarks(const settings& how);
std::vector<outcome> route_benchmarks(const settings& how);
std::vector<outcome> link_benchmarks(const settings& how);
std::vector<outcome> stream_benchmarks(const settings& how);

} // namespace linx::bench
