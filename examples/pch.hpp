// What most of the programs include: the tree's own few headers, and JSON, three seconds for each file
// without this.
#pragma once
#include "../cmake/pch.hpp"

#include <nlohmann/json.hpp>
