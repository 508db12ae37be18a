// What the command line, or the file, asks for.
#pragma once

#include <linx/process/supervisor_options.hpp>

#include <string>

namespace supervise_tool {

extern const char* const usage;

struct settings {
  linx::supervisor_options options;
  bool live = false; ///< a table on the terminal instead of lines
  bool help = false; ///< nothing else counts
};

/// Errors: stage `argument` for a mistake on the command line or in the file; stage `open` if it cannot be
/// read.
linx::result<settings> read_settings(int argc, char** argv);

} // namespace supervise_tool
