// What the command line asks for.
#pragma once

#include <linx/core/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace server_tool {

extern const char* const usage;

struct settings {
  std::string path;                  ///< of the Unix socket
  std::optional<std::uint16_t> port; ///< of the loopback address, instead
  unsigned jobs = 8;
  unsigned threads = 4;
  std::chrono::milliseconds time{60'000};
  std::chrono::milliseconds drain{10'000};
  std::size_t output = std::size_t{1} << 20;
  bool help = false; ///< nothing else counts
};

/// Errors: stage `argument`.
linx::result<settings> read_settings(int argc, char** argv);

} // namespace server_tool
