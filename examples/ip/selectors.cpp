#include "selectors.hpp"

#include "request_route.hpp"

#include <linux/neighbour.h>

namespace ip_tool {

namespace rtnl = linx::rtnl;
namespace net = linx::net;
using linx::error;
using linx::result;
using linx::success;

namespace {

// Routes.

result<> read_table(words& w, const link_names&, route_selection& r)
{
  if (w.take("all")) return success();
  BOOST_OUTCOME_TRY(const auto table, w.table());
  r.which.table(table);
  return success();
}

result<> read_output(words& w, const link_names& links, route_selection& r)
{
  BOOST_OUTCOME_TRY(const auto index, w.link(links));
  r.which.dev(index);
  return success();
}

result<> read_protocol(words& w, const link_names&, route_selection& r)
{
  BOOST_OUTCOME_TRY(const auto protocol, w.protocol());
  r.which.protocol(protocol);
  return success();
}

result<> read_metric(words& w, const link_names&, route_selection& r)
{
  BOOST_OUTCOME_TRY(const auto metric, w.number("metric"));
  r.which.metric(metric);
  return success();
}

/// The network, or the default one of the family.
result<net::subnet> network_of(words& w, family_choice& family)
{
  BOOST_OUTCOME_TRY(const auto network, w.network(family));
  return network.value_or(net::subnet(net::netmask(family.value_or(net::family::v4), 0), 0));
}

result<> read_exact(words& w, const link_names&, route_selection& r)
{
  BOOST_OUTCOME_TRY(const auto network, network_of(w, r.family));
  r.which.to(network);
  return success();
}

/// "to root NETWORK", "to match NETWORK", "to exact NETWORK", "to NETWORK"
result<> read_to(words& w, const link_names& links, route_selection& r)
{
  if (w.take("root")) {
    BOOST_OUTCOME_TRY(const auto network, network_of(w, r.family));
    r.which.within(network);
    return success();
  }
  if (w.take("match")) {
    BOOST_OUTCOME_TRY(r.around, network_of(w, r.family));
    return success();
  }
  (void)w.take("exact");
  return read_exact(w, links, r);
}

constexpr clause<route_selection> route_selectors[] = {
    {"table", &read_table},
    {"dev", &read_output},
    {"oif", &read_output, "dev"},
    {"proto", &read_protocol},
    {"protocol", &read_protocol, "proto"},
    {"metric", &read_metric},
    {"via",
     [](words& w, const link_names&, route_selection& r) -> result<> {
       BOOST_OUTCOME_TRY(const auto gateway, w.address("gateway"));
       r.which.via(gateway);
       return success();
     }},
    {"src",
     [](words& w, const link_names&, route_selection& r) -> result<> {
       BOOST_OUTCOME_TRY(r.source, network_of(w, r.family));
       return success();
     }},
    {"scope",
     [](words& w, const link_names&, route_selection& r) -> result<> {
       BOOST_OUTCOME_TRY(const auto scope, w.scope());
       r.which.scope(scope);
       return success();
     }},
    {"type",
     [](words& w, const link_names&, route_selection& r) -> result<> {
       const auto type = take_route_type(w);
       if (!type) return error::argument("\"" + std::string(w.peek()) + "\" is no type of a route");
       r.which.type(*type);
       return success();
     }},
    {"to", &read_to},
};

// Rules.

result<> read_priority(words& w, const link_names&, rule_selection& r)
{
  BOOST_OUTCOME_TRY(const auto priority, w.number("priority"));
  r.which.priority(priority);
  return success();
}

result<> read_lookup(words& w, const link_names&, rule_selection& r)
{
  BOOST_OUTCOME_TRY(const auto table, w.table());
  r.which.table(table);
  return success();
}

result<> read_rule_protocol(words& w, const link_names&, rule_selection& r)
{
  BOOST_OUTCOME_TRY(const auto protocol, w.protocol());
  r.which.protocol(protocol);
  return success();
}

template <auto Network>
result<> read_network(words& w, const link_names&, rule_selection& r)
{
  BOOST_OUTCOME_TRY(r.*Network, network_of(w, r.family));
  return success();
}

template <auto Name>
result<> read_interface(words& w, const link_names&, rule_selection& r)
{
  BOOST_OUTCOME_TRY(r.*Name, w.next("interface"));
  return success();
}

constexpr clause<rule_selection> rule_selectors[] = {
    {"priority", &read_priority},
    {"preference", &read_priority, "priority"},
    {"pref", &read_priority, "priority"},
    {"prio", &read_priority, "priority"},
    {"table", &read_lookup},
    {"lookup", &read_lookup, "table"},
    {"protocol", &read_rule_protocol},
    {"proto", &read_rule_protocol, "protocol"},
    {"from", &read_network<&rule_selection::from>},
    {"to", &read_network<&rule_selection::to>},
    {"iif", &read_interface<&rule_selection::input>},
    {"dev", &read_interface<&rule_selection::input>, "iif"},
    {"oif", &read_interface<&rule_selection::output>},
};

bool is_inside(const std::optional<net::subnet>& wanted, const std::optional<net::subnet>& network)
{
  return !wanted || (network && wanted->contains(*network));
}

// Neighbours.

result<> read_neighbours_of(words& w, const link_names& links, neighbour_selection& n)
{
  BOOST_OUTCOME_TRY(const auto index, w.link(links));
  n.which.link(index);
  return success();
}

result<> read_neighbour_network(words& w, const link_names&, neighbour_selection& n)
{
  BOOST_OUTCOME_TRY(n.to, network_of(w, n.family));
  return success();
}

constexpr clause<neighbour_selection> neighbour_selectors[] = {
    {"dev", &read_neighbours_of},
    {"to", &read_neighbour_network},
    {"proxy",
     [](words&, const link_names&, neighbour_selection& n) -> result<> {
       n.which.proxies();
       return success();
     }},
    {"router",
     [](words&, const link_names&, neighbour_selection& n) -> result<> {
       n.which.flags(NTF_ROUTER);
       return success();
     }},
    {"protocol", [](words& w, const link_names&, neighbour_selection& n) -> result<> {
       BOOST_OUTCOME_TRY(const auto protocol, w.protocol());
       n.which.protocol(protocol);
       return success();
     }}};

// Nexthops.

result<> read_nexthop_protocol(words& w, const link_names&, nexthop_selection& n)
{
  BOOST_OUTCOME_TRY(const auto protocol, w.protocol());
  n.which.protocol(protocol);
  return success();
}

constexpr clause<nexthop_selection> nexthop_selectors[] = {
    {"id",
     [](words& w, const link_names&, nexthop_selection& n) -> result<> {
       BOOST_OUTCOME_TRY(n.id, w.number("nexthop id"));
       return success();
     }},
    {"dev",
     [](words& w, const link_names& links, nexthop_selection& n) -> result<> {
       BOOST_OUTCOME_TRY(const auto index, w.link(links));
       n.which.dev(index);
       return success();
     }},
    {"master",
     [](words& w, const link_names& links, nexthop_selection& n) -> result<> {
       BOOST_OUTCOME_TRY(const auto index, w.link(links));
       n.which.master(index);
       return success();
     }},
    {"groups",
     [](words&, const link_names&, nexthop_selection& n) -> result<> {
       n.which.groups();
       return success();
     }},
    {"fdb",
     [](words&, const link_names&, nexthop_selection& n) -> result<> {
       n.which.fdb();
       return success();
     }},
    {"proto", &read_nexthop_protocol},
    {"protocol", &read_nexthop_protocol, "proto"},
};

// A packet that a route is looked up for.

class query_words {
public:
  std::optional<net::ip> to;
  family_choice family;
  std::optional<net::ip> from;
  std::uint32_t in = 0;
  std::uint32_t out = 0;
  std::optional<std::uint32_t> mark;
  std::optional<std::uint32_t> uid;
  std::uint8_t tos = 0;
};

template <auto Address>
result<> read_address(words& w, const link_names&, query_words& q)
{
  BOOST_OUTCOME_TRY(q.*Address, w.address("address", q.family));
  return success();
}

template <auto Link>
result<> read_link_of(words& w, const link_names& links, query_words& q)
{
  BOOST_OUTCOME_TRY(q.*Link, w.link(links));
  return success();
}

template <auto Number>
result<> read_number(words& w, const link_names&, query_words& q)
{
  BOOST_OUTCOME_TRY(q.*Number, w.number("number"));
  return success();
}

result<> read_query_tos(words& w, const link_names&, query_words& q)
{
  BOOST_OUTCOME_TRY(q.tos, w.type_of_service());
  return success();
}

constexpr clause<query_words> query_clauses[] = {
    {"to", &read_address<&query_words::to>},
    {"from", &read_address<&query_words::from>},
    {"iif", &read_link_of<&query_words::in>},
    {"oif", &read_link_of<&query_words::out>},
    {"dev", &read_link_of<&query_words::out>, "oif"},
    {"mark", &read_number<&query_words::mark>},
    {"uid", &read_number<&query_words::uid>},
    {"tos", &read_query_tos},
    {"dsfield", &read_query_tos, "tos"},
    {"fibmatch", &remember<query_words>},
};

} // namespace

bool route_selection::matches(const rtnl::route& r) const
{
  if (around && !r.destination.contains(*around)) return false;
  return !source || (r.source && source->contains(*r.source));
}

result<route_selection> select_routes(words& w, const link_names& links, family_choice family)
{
  route_selection all;
  all.family = family;
  BOOST_OUTCOME_TRYV(read_clauses(route_selectors, w, links, all.named, all, "to"));
  // the main one, and of IPv4, as ip(8)
  const bool wants_one = !all.named.has("table") || all.which.table();
  if (!all.which.table() && wants_one) all.which.table(254);
  if (wants_one && !all.family) all.family = net::family::v4;
  if (all.family) all.which.family(*all.family);
  return all;
}

bool rule_selection::matches(const rtnl::rule& r) const
{
  if (!input.empty() && r.input != input) return false;
  if (!output.empty() && r.output != output) return false;
  return is_inside(from, r.source) && is_inside(to, r.destination);
}

result<rule_selection> select_rules(words& w, family_choice family)
{
  const link_names none; // a rule names interfaces that need not be there
  rule_selection all;
  all.family = family;
  BOOST_OUTCOME_TRYV(read_clauses(rule_selectors, w, none, all.named, all));
  all.which.family(all.family.value_or(net::family::v4));
  return all;
}

bool neighbour_selection::matches(const rtnl::neighbour& n) const
{
  return !to || to->contains(n.address);
}

result<neighbour_selection> select_neighbours(words& w, const link_names& links, family_choice family)
{
  neighbour_selection all;
  all.family = family;
  while (!w.empty()) {
    if (w.take("all")) {
      BOOST_OUTCOME_TRYV(all.named.note("nud", "all"));
      all.wants_every_state = true;
      continue;
    }
    // one state after another, as ip(8) takes them
    if (w.take("nud")) {
      if (!all.named.has("nud")) {
        BOOST_OUTCOME_TRYV(all.named.note("nud", "nud"));
      }
      if (w.take("all")) {
        all.wants_every_state = true;
        continue;
      }
      BOOST_OUTCOME_TRY(const auto state, w.neighbour_state());
      if (state == NUD_NONE)
        return error::argument("nud none: name \"nud all\", and look for those without a state");
      all.states |= state;
      continue;
    }
    BOOST_OUTCOME_TRY(const bool is_known, read_clause(neighbour_selectors, w, links, all.named, all));
    if (is_known) continue;
    if (all.named.has("to")) return w.end().error();
    BOOST_OUTCOME_TRYV(all.named.note("to", "to"));
    BOOST_OUTCOME_TRYV(read_neighbour_network(w, links, all));
  }
  if (all.family) all.which.family(*all.family);
  return all;
}

result<nexthop_selection> select_nexthops(words& w, const link_names& links)
{
  nexthop_selection all;
  BOOST_OUTCOME_TRYV(read_clauses(nexthop_selectors, w, links, all.named, all));
  return all;
}

result<rtnl::route_query> read_route_query(words& w, const link_names& links, family_choice family)
{
  said named;
  query_words q;
  q.family = family;
  BOOST_OUTCOME_TRYV(read_clauses(query_clauses, w, links, named, q, "to"));
  if (!q.to) return error::argument("route get needs an ADDRESS");
  rtnl::route_query query(*q.to);
  if (q.from) query.from(*q.from);
  query.in(q.in).out(q.out).tos(q.tos);
  if (q.mark) query.mark(*q.mark);
  if (q.uid) query.uid(*q.uid);
  if (named.has("fibmatch")) query.fib_match();
  return query;
}

} // namespace ip_tool
