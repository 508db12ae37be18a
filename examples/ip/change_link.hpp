// Links: made, set, removed, named.
#pragma once

#include "words.hpp"

#include <linx/core/task.hpp>
#include <linx/rtnl/connection.hpp>

namespace ip_tool {

bool is_link_verb(std::string_view verb);

/// "add link eth0 name eth0.7 type vlan id 7", "set v0 up mtu 1400", "set v0 type bridge_slave isolated on",
/// "del v0", "property add dev v0 altname outside".
linx::task<> change_link(linx::rtnl::connection kernel, words command);

} // namespace ip_tool
