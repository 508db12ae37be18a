// How a supervisor's children are, for a person to read.
#pragma once

#include <linx/process/supervisor_status.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace supervise_tool {

/// One line for the whole, one of headings, one for each child.
std::vector<std::string> table(const linx::supervisor_status& status,
                               std::chrono::steady_clock::time_point now);

/// A table on the terminal that is drawn over itself.
class screen {
public:
  /// What is to be written. Cuts lines at the terminal's width, and the table at its height.
  std::string draw(const std::vector<std::string>& lines);

private:
  std::size_t drawn_ = 0;
};

} // namespace supervise_tool
