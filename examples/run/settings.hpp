// What the command line asks for.
#pragma once

#include <linx/core/result.hpp>
#include <linx/process/enter_target.hpp>
#include <linx/process/options.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace run_tool {

extern const char* const usage;

class settings {
public:
  explicit settings(linx::process_options options) : options(std::move(options)) {}

  linx::process_options options;
  std::optional<linx::enter_target> target;
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<linx::error> unknown_command; ///< $PATH does not have it
  int events = -1;                            ///< where the JSON lines go; -1: nowhere
  bool abort = false;                         ///< a rehearsal: the command is not executed
  bool help = false;                          ///< nothing else counts
};

/// Errors: stage `argument` for wrong words.
linx::result<settings> read_settings(int argc, char** argv);

} // namespace run_tool
