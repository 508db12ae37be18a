// The attributes of rtnetlink by name, and what a request is about in words.
#pragma once

#include <linx/netlink/attribute_names.hpp>

namespace linx::rtnl {

extern const netlink::attribute_names link_names;
extern const netlink::attribute_names fdb_names;
extern const netlink::attribute_names address_names;
extern const netlink::attribute_names route_names;
extern const netlink::attribute_names nexthop_names;
extern const netlink::attribute_names rule_names;
extern const netlink::attribute_names neighbour_names;
extern const netlink::attribute_names address_label_names;
extern const netlink::attribute_names netconf_names;

} // namespace linx::rtnl
