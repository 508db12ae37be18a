/// The program that runs inside the namespaces: it says what it sees, and is reached or not.
#pragma once

#include <cstdint>
#include <string>

namespace headline {

/// Where the workload finds its host, and the two ports on which it listens.
struct workload_plan {
  std::string host_address;
  std::uint16_t host_port = 0;
  std::uint16_t open_port = 0;
  std::uint16_t blocked_port = 0;
};

/// Reports its identity on stdout as one JSON line, calls the host, then answers on both ports until the host
/// hangs up. Returns 0, 1 where the host could not be reached, 2 where somebody came through the blocked
/// port.
int run_workload(const workload_plan&);

} // namespace headline
