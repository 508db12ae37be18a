// Striking one of host, spawner and child at each stage of a life, each run in a host of its own, all runs at
// the same time.
#pragma once

#include "process/fault_hosts.hpp"
#include "process/fault_life.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <vector>

namespace linx::test {

enum class victim { host, spawner, child };

/// How a session may end whose `who` is struck at each of the stages: alternatives of outcome_text(), ""
/// where there is nothing to strike.
struct row {
  victim who;
  std::array<std::string_view, life_stages.size()> ends;
};

/// What is done to a victim, and undone when the session has ended.
struct fault {
  std::string_view name;
  void (*strike)(pid_t);
  void (*relieve)(pid_t);
  std::chrono::milliseconds lasts; ///< relieved after that time already, 0: at the end of the session
};

void run_all(const fault& what, std::vector<row> rows, const process_options& options = long_sleep());

template <int Signal>
void send(pid_t pid)
{
  ::kill(pid, Signal);
}

template <__rlimit_resource Resource>
void set_limit(pid_t pid, rlim_t to)
{
  rlimit now{};
  ::prlimit(pid, Resource, nullptr, &now);
  now.rlim_cur = std::min(to, now.rlim_max);
  ::prlimit(pid, Resource, &now, nullptr);
}

} // namespace linx::test
