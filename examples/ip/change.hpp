// Commands that change something, one or a file of them.
#pragma once

#include "words.hpp"

#include <linx/core/task.hpp>
#include <linx/rtnl/connection.hpp>

#include <optional>
#include <vector>

namespace ip_tool {

/// "link add v0 type veth peer v1", "link set v0 up", "route add ...". What it is that failed is in the
/// error.
linx::task<> change(linx::rtnl::connection kernel, words command, std::optional<linx::net::family>);

/// "addr flush dev v0", "route flush table 100", "neigh flush", "rule flush", "nexthop flush".
/// What is not told what to flush is refused, where ip(8) does.
linx::task<> flush(linx::rtnl::connection kernel, words command, std::optional<linx::net::family>);

/// Runs the lines of `input`, all of them pipelined. Says on stderr which ones failed; returns how many.
linx::task<std::size_t> run_batch(linx::rtnl::connection kernel, std::vector<std::string> lines,
                                  std::string name, std::optional<linx::net::family>);

} // namespace ip_tool
