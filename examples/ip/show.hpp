// Commands that read: what is there, as JSON or a line each.
#pragma once

#include "objects.hpp"
#include "words.hpp"

#include <linx/core/task.hpp>
#include <linx/rtnl/connection.hpp>

#include <optional>

namespace ip_tool {

/// What holds for the whole command line.
class settings {
public:
  settings() = default;
  bool as_json = false;
  bool is_pretty = false;                  ///< JSON over several lines
  bool is_brief = false;                   ///< columns of what matters
  bool with_statistics = false;            ///< counters with each link
  std::optional<linx::net::family> family; ///< -4, -6
};

/// Reads and prints: "link show dev lo", "route show table all", "route get 10.0.0.1", "stats show", ...
/// Object and command are in full.
linx::task<> show(linx::rtnl::connection kernel, words command, settings how);

/// One JSON document of all, or a line each. Errors: stage `send` where standard output takes no more.
linx::result<> print(const json& all, const settings& how);

} // namespace ip_tool
