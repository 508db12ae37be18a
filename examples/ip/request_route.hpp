// A route and its ways in the words of ip(8).
#pragma once

#include "clauses.hpp"

#include <linx/rtnl/route.hpp>

#include <optional>

namespace ip_tool {

/// One way while it is read. `family` is that of the whole command, as far as it is known.
class way_words {
public:
  linx::rtnl::next_hop hop;
  std::optional<linx::net::family> family;
};

/// Takes "via ADDRESS", "dev NAME" or "onlink"; whether there was one.
linx::result<bool> read_way(words&, const link_names&, said& before, way_words&);

/// Takes what a route says beside its destination and its ways: "mtu 1400", "table 7"; whether there was such
/// a word. `family` is that of the route.
linx::result<bool> read_route_part(words&, said& before, linx::net::family, linx::rtnl::route&);

/// Reads up to the end: "TYPE NETWORK via ADDRESS dev NAME ...", in any order.
linx::result<linx::rtnl::route> read_route(words&, const link_names&, std::optional<linx::net::family>);

/// Takes the next word if it is one of the kinds of routes.
std::optional<linx::rtnl::route_type> take_route_type(words&);

} // namespace ip_tool
