// The objects and the commands of ip(8), and their abbreviations.
#pragma once

#include <linx/core/result.hpp>

#include <deque>
#include <string>

namespace ip_tool {

/// Puts object and command in full into a command's place: "a s lo" is "addr show lo". An abbreviation means
/// what it means to ip(8), and a command that only ip(8) has is refused by its name. Without one it is
/// "show". Errors: stage `argument`.
linx::result<std::deque<std::string>> in_full(std::deque<std::string> command);

} // namespace ip_tool
