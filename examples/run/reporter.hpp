// What happens, as JSON lines.
#pragma once

#include <linx/process/event.hpp>

#include <chrono>

namespace run_tool {

/// Writes a line an event to a descriptor. Time counts from its construction.
class reporter {
public:
  explicit reporter(int fd) : fd_(fd) {}

  void say(const linx::process_event& event) const;

private:
  int fd_; ///< -1: says nothing
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

} // namespace run_tool
