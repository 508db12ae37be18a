// What docs/net.md takes as given.
#pragma once

#include <linx/core/task.hpp>
#include <linx/net/ip.hpp>
#include <linx/net/literals.hpp>

#include <string_view>

using namespace linx::net::literals;

extern std::string_view argument;
void offer(const linx::net::ip& host);
