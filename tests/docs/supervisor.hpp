// What docs/supervisor.md takes as given.
#pragma once

#include <linx/process/supervisor.hpp>

extern linx::child_spec web;
linx::task<> move_link(int index, linx::process& child);
