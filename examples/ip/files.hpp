// Whole files.
#pragma once

#include <linx/core/result.hpp>

#include <optional>
#include <string>

namespace ip_tool {

/// "-" is standard input.
linx::result<std::string> read_file(const std::string& name);
/// Nothing where there is none.
linx::result<std::optional<std::string>> read_file_if_any(const std::string& name);
/// In place of what is there, as a whole: by a new file beside it that takes its name.
linx::result<> write_file(const std::string& name, const std::string& content);

} // namespace ip_tool
