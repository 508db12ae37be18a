// ethtool requests that set something.
#pragma once

#include <linx/genl/ethtool_link.hpp>
#include <linx/genl/ethtool_settings.hpp>
#include <linx/genl/family.hpp>

namespace linx::genl::ethtool {

netlink::message_builder encode_set(const family&, const device&, const rings&);
netlink::message_builder encode_set(const family&, const device&, const channels&);
netlink::message_builder encode_set(const family&, const device&, const coalescing&);
netlink::message_builder encode_set(const family&, const device&, const link_modes_change&);
netlink::message_builder encode_features(const family&, const device&, const std::map<std::string, bool>&);

} // namespace linx::genl::ethtool
