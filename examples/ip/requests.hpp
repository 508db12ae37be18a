// Commands that change something, as requests: `route add 10.0.0.0/8 via 10.1.0.1 dev eth0`.
#pragma once

#include "words.hpp"

#include <linx/rtnl/batch.hpp>

#include <optional>

namespace ip_tool {

/// Whether `object` and `verb`, both in full, are such a command.
bool is_request(std::string_view object, std::string_view verb);

/// Reads a whole command, object and verb in full included, and appends its request. Errors: stage
/// `argument`.
linx::result<> add_request(words command, std::optional<linx::net::family>, const link_names& links,
                           linx::rtnl::batch& all);

} // namespace ip_tool
