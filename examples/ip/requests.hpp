// Commands that change something, as requests: `route add 10.0.0.0/8 via 10.1.0.1 dev eth0`.
#pragma once

#include "words.hpp"

#include <linx/rtnl/batch.hpp>
#include <linx/rtnl/rule.hpp>

namespace ip_tool {

/// Whether `object` and `verb` are such a command.
bool is_request(std::string_view object, std::string_view verb);

/// Reads a whole command, object and verb included, and appends its request. Errors: stage `argument`.
linx::result<> add_request(words command, const link_names& links, linx::rtnl::batch& all);

/// Takes one selector or action of a rule with its value; false if the next word is none.
linx::result<bool> read_rule_part(words&, linx::rtnl::rule&);

} // namespace ip_tool
