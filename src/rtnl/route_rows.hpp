// The attributes of routes that few routes have. Those that nearly each has are written and read by hand: a
// dump of all routes goes through them.
#pragma once

#include "rtnl/fields.hpp"

#include <linx/rtnl/route.hpp>

struct rtmsg;

namespace linx::rtnl {

void put_rare_attributes(netlink::message_builder&, const route&, sending why);
// What has no row is kept in `rest`.
void read_rare_attribute(const netlink::attribute&, const rtmsg& header, route&);

} // namespace linx::rtnl
