// What docs/netlink.md takes as given.
#pragma once

#include <linx/core/task.hpp>

extern linx::executor ex;
