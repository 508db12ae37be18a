// What the command line asks for.
#pragma once

#include <linx/core/result.hpp>
#include <linx/process/enter_target.hpp>
#include <linx/process/options.hpp>

#include <chrono>
#include <optional>

namespace run_tool {

extern const char* const usage;

class settings {
public:
  explicit settings(linx::process_options options) : options(std::move(options)) {}

  linx::process_options options;
  std::optional<linx::enter_target> target;
  std::optional<std::chrono::milliseconds> timeout;
  int events = -1;    ///< where the JSON lines go; -1: nowhere
  bool abort = false; ///< stop at the checkpoint
};

/// Errors: stage `argument` for wrong words, stage `execve` for a command that $PATH does not have.
linx::result<settings> read_settings(int argc, char** argv);

} // namespace run_tool
