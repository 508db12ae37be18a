// What nearly every test includes: the tree's own few headers, Boost.Test, a second for each file without this, and what
// runs a task.
#pragma once
#include "../cmake/pch.hpp"

#include "harness/run.hpp"

#include <linx/core/spawn.hpp>

#include <boost/test/unit_test.hpp>
