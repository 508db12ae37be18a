// What docs/mnl.md takes as given.
#pragma once

#include <linx/mnl/query.hpp>
#include <linx/rtnl/route.hpp>

#include <array>

#include <linux/rtnetlink.h>

extern linx::netlink::connection kernel;
extern nlmsghdr* request;
int print_link(const nlmsghdr* message, void* data);
