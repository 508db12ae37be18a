// Values as JSON with the names of ip(8), and as a line of text.
#pragma once

#include "names.hpp"

#include <linx/rtnl/address.hpp>
#include <linx/rtnl/link.hpp>
#include <linx/rtnl/link_statistics.hpp>
#include <linx/rtnl/neighbour.hpp>
#include <linx/rtnl/nexthop.hpp>
#include <linx/rtnl/qdisc.hpp>
#include <linx/rtnl/route.hpp>
#include <linx/rtnl/rule.hpp>

#include <nlohmann/json.hpp>

namespace ip_tool {

/// Keys stay in the order in which they were added.
using json = nlohmann::ordered_json;

json to_json(const linx::rtnl::link&, const link_names&);
/// One entry of "addr_info".
json to_json(const linx::rtnl::address&, const link_names&);
json to_json(const linx::rtnl::route&, const link_names&);
json to_json(const linx::rtnl::rule&, const link_names&);
json to_json(const linx::rtnl::neighbour&, const link_names&);
json to_json(const linx::rtnl::nexthop&, const link_names&);
json to_json(const linx::rtnl::qdisc&, const link_names&);
json to_json(const linx::rtnl::link_statistics&, const link_names&);

/// One line for a person: the value's own words, with the names of interfaces in place of their numbers.
std::string in_words(const json&);

} // namespace ip_tool
