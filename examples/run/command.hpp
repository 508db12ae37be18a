// A command as a shell looks it up.
#pragma once

#include <linx/core/result.hpp>

#include <string>

namespace run_tool {

/// The absolute path of a command: with a '/' as it stands from the working directory, else the first
/// executable file of that name in $PATH.
/// Errors: stage `execve`, `ENOENT`, or `EACCES` if there is one that may not be executed.
linx::result<std::string> find_command(const std::string& name);

} // namespace run_tool
