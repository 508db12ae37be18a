/// The flags of interfaces in words.
#pragma once

#include <linx/core/config.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace linx::rtnl {

/// "BROADCAST", "UP", "LOWER_UP" for IFF_*, in the order in which ip(8) prints them; bits without a name are
/// left out.
/// Source: netdevice(7), linux/if.h.
LINX_API std::vector<std::string_view> link_flag_names(std::uint32_t flags);

} // namespace linx::rtnl
