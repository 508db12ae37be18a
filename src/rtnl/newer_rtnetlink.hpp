// Numbers of rtnetlink that the headers of Linux 6.1 do not have, with the version that has them.
#pragma once

#include <linux/fib_rules.h>
#include <linux/nexthop.h>

namespace linx::rtnl {

// linux/fib_rules.h
constexpr std::uint16_t FRA_DSCP = FRA_DPORT_RANGE + 1;           // 6.12
constexpr std::uint16_t FRA_FLOWLABEL = FRA_DPORT_RANGE + 2;      // 6.14
constexpr std::uint16_t FRA_FLOWLABEL_MASK = FRA_DPORT_RANGE + 3; // 6.14
constexpr std::uint16_t FRA_SPORT_MASK = FRA_DPORT_RANGE + 4;     // 6.15
constexpr std::uint16_t FRA_DPORT_MASK = FRA_DPORT_RANGE + 5;     // 6.15
constexpr std::uint16_t FRA_DSCP_MASK = FRA_DPORT_RANGE + 6;      // 6.15

// linux/nexthop.h of 6.9
constexpr std::uint16_t NHA_OP_FLAGS = NHA_RES_BUCKET + 1;
constexpr std::uint16_t NHA_GROUP_STATS = NHA_RES_BUCKET + 2;
constexpr std::uint16_t NHA_HW_STATS_USED = NHA_RES_BUCKET + 4;

} // namespace linx::rtnl
