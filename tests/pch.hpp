// What nearly every test includes: the tree's own few headers, and Boost.Test, a second for each file without
// this.
#pragma once
#include "../cmake/pch.hpp"

#include <boost/test/unit_test.hpp>
