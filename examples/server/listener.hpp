// The socket that is listened on.
#pragma once

#include "settings.hpp"

#include <linx/core/result.hpp>
#include <linx/io/unique_fd.hpp>

#include <string>

namespace server_tool {

struct listener {
  linx::io::unique_fd socket;
  std::string where;  ///< as it is printed
  std::string unlink; ///< a path to be taken away at the end
};

/// Errors: stage `open` or `bind` with the path or the port.
linx::result<listener> listen_on(const settings& given);

} // namespace server_tool
