// What `show` and `flush` choose by: "dev v0", "table all", "to 10.0.0.0/8".
#pragma once

#include "clauses.hpp"

#include <linx/rtnl/address_filter.hpp>
#include <linx/rtnl/link.hpp>
#include <linx/rtnl/link_filter.hpp>
#include <linx/rtnl/neighbour.hpp>
#include <linx/rtnl/nexthop.hpp>
#include <linx/rtnl/route_filter.hpp>
#include <linx/rtnl/rule.hpp>

#include <optional>

namespace ip_tool {

/// A word that needs nothing done but to be remembered.
template <class Selection>
linx::result<> remember(words&, const link_names&, Selection&)
{
  return linx::success();
}

class link_selection {
public:
  bool matches(const linx::rtnl::link&) const;
  linx::rtnl::link_filter filter() const;

  said named;
  std::uint32_t index = 0;
  std::string kind; ///< of the link or of the port that it is: "bridge_slave"
  std::uint32_t master = 0;
  std::optional<std::uint32_t> group;
};

class address_selection {
public:
  bool matches(const linx::rtnl::address&) const;
  /// Whether some addresses are left out, of the links that are meant.
  bool is_narrow() const;

  link_selection on;
  linx::rtnl::address_filter which;
  std::string label; ///< a pattern, as of file names
  family_choice family;
};

class route_selection {
public:
  bool matches(const linx::rtnl::route&) const;

  said named;
  linx::rtnl::route_filter which;
  family_choice family;
  std::optional<linx::net::subnet> around; ///< those that lie around that network
  std::optional<linx::net::subnet> source; ///< whose preferred source is inside
};

class rule_selection {
public:
  bool matches(const linx::rtnl::rule&) const;

  said named;
  linx::rtnl::rule_filter which;
  family_choice family;
  std::optional<linx::net::subnet> from; ///< those about networks inside
  std::optional<linx::net::subnet> to;
  std::string input;
  std::string output;
};

class neighbour_selection {
public:
  bool matches(const linx::rtnl::neighbour&) const;

  said named;
  linx::rtnl::neighbour_filter which;
  family_choice family;
  std::optional<linx::net::subnet> to;
  std::uint16_t states = 0; ///< NUD_* bits that were named
  bool wants_every_state = false;
};

class nexthop_selection {
public:
  said named;
  linx::rtnl::nexthop_filter which;
  std::uint32_t id = 0;
};

// Each reads up to the end.
linx::result<link_selection> select_links(words&, const link_names&);
linx::result<address_selection> select_addresses(words&, const link_names&, family_choice);
/// Of the main table unless another one, or "all", is named.
linx::result<route_selection> select_routes(words&, const link_names&, family_choice);
linx::result<rule_selection> select_rules(words&, family_choice);
linx::result<neighbour_selection> select_neighbours(words&, const link_names&, family_choice);
linx::result<nexthop_selection> select_nexthops(words&, const link_names&);
linx::result<linx::rtnl::route_query> read_route_query(words&, const link_names&, family_choice);

} // namespace ip_tool
