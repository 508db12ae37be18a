// The tables of rtnetlink, listed as events.
#pragma once

#include <linx/rtnl/connection.hpp>
#include <linx/rtnl/event.hpp>

namespace linx::rtnl {

// Each object as `listed`.
stream<event> listed_events(const connection& tables, table which);

// Until the change is complete that the kernel is at. It tells of a link that goes before it drops the routes
// of it, under the lock that this waits for: what is listed thereafter has seen the whole change.
task<> until_settled(connection tables);

} // namespace linx::rtnl
