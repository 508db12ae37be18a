// What happens, as JSON lines.
#pragma once

#include "../output.hpp"

#include <linx/process/event.hpp>

#include <chrono>
#include <optional>

namespace run_tool {

/// Writes a line an event to a descriptor. Time counts from its construction.
class reporter {
public:
  /// \param fd -1: says nothing.
  reporter(const linx::executor& ex, int fd)
  {
    if (fd >= 0) out_.emplace(ex, fd);
  }

  /// Waits for a reader that is slow; one that has gone misses it. A descriptor that cannot be written is
  /// complained of once.
  linx::task<> say(linx::process_event event);

private:
  std::optional<example::output> out_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

} // namespace run_tool
