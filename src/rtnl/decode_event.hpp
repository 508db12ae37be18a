// Notifications of rtnetlink as values.
#pragma once

#include <linx/rtnl/event.hpp>

namespace linx::rtnl {

// Nothing for a message that tells of no object of its own: extensions of bridges and of wireless devices,
// proxies.
std::optional<event> decode_event(const netlink::message_view&);

} // namespace linx::rtnl
