// Names of ethtool's attributes and commands, for errors.
#pragma once

#include <linx/netlink/attribute_names.hpp>

namespace linx::genl::ethtool {

// The attributes of a request of this command, ETHTOOL_MSG_*_GET or _SET.
const netlink::attribute_names& names_of(std::uint8_t command) noexcept;

} // namespace linx::genl::ethtool
