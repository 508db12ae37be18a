#include "request_route.hpp"

namespace ip_tool {

namespace rtnl = linx::rtnl;
namespace net = linx::net;
using linx::error;
using linx::result;
using linx::success;

namespace {

using way_clause = clause<way_words>;

/// "via ADDRESS" of the route's own family, "via inet6 ADDRESS" of the one that is named.
result<> read_via(words& w, const link_names&, way_words& way)
{
  std::optional<net::family> named;
  if (w.take("inet")) named = net::family::v4;
  if (!named && w.take("inet6")) named = net::family::v6;
  BOOST_OUTCOME_TRY(way.hop.gateway, w.address("gateway", named ? named : way.family));
  if (!way.family) way.family = way.hop.gateway->family();
  return success();
}

result<> read_device(words& w, const link_names& links, way_words& way)
{
  BOOST_OUTCOME_TRY(way.hop.output, w.link(links));
  return success();
}

constexpr way_clause ways[] = {{"via", &read_via},
                               {"dev", &read_device},
                               {"oif", &read_device, "dev"},
                               {"onlink", [](words&, const link_names&, way_words& way) -> result<> {
                                  way.hop.onlink();
                                  return success();
                                }}};

result<> read_realms(words& w, const link_names&, way_words& way)
{
  BOOST_OUTCOME_TRY(way.hop.realm, w.realms());
  return success();
}

// Behind "nexthop", where several ways share the packets.
constexpr way_clause shares[] = {{"weight",
                                  [](words& w, const link_names&, way_words& way) -> result<> {
                                    BOOST_OUTCOME_TRY(way.hop.weight, w.number("weight", 256));
                                    return success();
                                  }},
                                 {"realms", &read_realms},
                                 {"realm", &read_realms, "realms"}};

/// A route while it is read.
class route_words {
public:
  rtnl::route value;
  way_words single;
  std::optional<net::subnet> destination;
};

using route_clause = clause<route_words>;

template <rtnl::route_metric Metric, bool Lockable>
result<> read_metric(words& w, const link_names&, route_words& r)
{
  auto& metrics = r.value.metrics.get_or_make();
  if (Lockable && w.take("lock")) metrics.lock(Metric);
  BOOST_OUTCOME_TRY(const auto value, w.number(to_string(Metric)));
  metrics.set(Metric, value);
  return success();
}

template <rtnl::route_metric Metric, bool Lockable = true>
constexpr route_clause metric(std::string_view word)
{
  return {word, &read_metric<Metric, Lockable>, word};
}

result<> read_protocol(words& w, const link_names&, route_words& r)
{
  BOOST_OUTCOME_TRY(r.value.protocol, w.protocol());
  return success();
}

result<> read_priority(words& w, const link_names&, route_words& r)
{
  BOOST_OUTCOME_TRY(r.value.metric, w.number("metric"));
  return success();
}

result<> read_tos(words& w, const link_names&, route_words& r)
{
  BOOST_OUTCOME_TRY(r.value.tos, w.type_of_service());
  return success();
}

result<> read_preference(words& w, const link_names&, route_words& r)
{
  constexpr rtnl::route_preference all[] = {rtnl::route_preference::low, rtnl::route_preference::medium,
                                            rtnl::route_preference::high};
  for (const auto one : all) {
    if (!w.take(to_string(one))) continue;
    r.value.preference = one;
    return success();
  }
  BOOST_OUTCOME_TRY(const auto word, w.next("preference"));
  return error::argument("pref is low, medium or high, not \"" + word + '"');
}

result<> read_single_realms(words& w, const link_names& links, route_words& r)
{
  return read_realms(w, links, r.single);
}

constexpr route_clause route_clauses[] = {
    metric<rtnl::route_metric::mtu>("mtu"),
    metric<rtnl::route_metric::advmss>("advmss"),
    metric<rtnl::route_metric::window>("window"),
    metric<rtnl::route_metric::cwnd>("cwnd"),
    metric<rtnl::route_metric::ssthresh>("ssthresh"),
    metric<rtnl::route_metric::reordering>("reordering"),
    metric<rtnl::route_metric::hoplimit>("hoplimit"),
    metric<rtnl::route_metric::initcwnd, false>("initcwnd"),
    metric<rtnl::route_metric::initrwnd, false>("initrwnd"),
    metric<rtnl::route_metric::quickack, false>("quickack"),
    {"table",
     [](words& w, const link_names&, route_words& r) -> result<> {
       BOOST_OUTCOME_TRY(r.value.table, w.table());
       return success();
     }},
    {"metric", &read_priority},
    {"priority", &read_priority, "metric"},
    {"preference", &read_priority, "metric"},
    {"proto", &read_protocol},
    {"protocol", &read_protocol, "proto"},
    {"scope",
     [](words& w, const link_names&, route_words& r) -> result<> {
       BOOST_OUTCOME_TRY(r.value.scope, w.scope());
       return success();
     }},
    {"src",
     [](words& w, const link_names&, route_words& r) -> result<> {
       BOOST_OUTCOME_TRY(r.value.source, w.address("source address", r.single.family));
       return success();
     }},
    {"from",
     [](words& w, const link_names&, route_words& r) -> result<> {
       BOOST_OUTCOME_TRY(const auto network, w.network(r.single.family));
       if (network) r.value.from = *network;
       return success();
     }},
    {"realms", &read_single_realms},
    {"realm", &read_single_realms, "realms"},
    {"tos", &read_tos},
    {"dsfield", &read_tos, "tos"},
    {"pref", &read_preference},
    {"expires",
     [](words& w, const link_names&, route_words& r) -> result<> {
       BOOST_OUTCOME_TRY(const auto seconds, w.number("lifetime in seconds"));
       r.value.expires = std::chrono::seconds(seconds);
       return success();
     }},
    {"nhid", [](words& w, const link_names&, route_words& r) -> result<> {
       BOOST_OUTCOME_TRY(r.value.nexthop_id, w.number("nexthop id"));
       return success();
     }}};

/// "nexthop via ADDRESS dev NAME weight N"
result<> read_share(words& w, const link_names& links, route_words& r)
{
  said before;
  way_words way;
  way.family = r.single.family;
  for (bool more = true; more;) {
    BOOST_OUTCOME_TRY(more, read_way(w, links, before, way));
    if (more) continue;
    BOOST_OUTCOME_TRY(more, read_clause(shares, w, links, before, way));
  }
  if (!before.has("via") && !before.has("dev"))
    return error::argument("nexthop: via ADDRESS or dev NAME is missing");
  r.single.family = way.family;
  r.value.hops.push_back(std::move(way.hop));
  return success();
}

/// "to TYPE NETWORK", of which each but the network may be missing.
result<> read_destination(words& w, said& before, route_words& r)
{
  const bool is_named = w.take("to");
  if (const auto type = take_route_type(w)) {
    BOOST_OUTCOME_TRYV(before.note("type", to_string(*type)));
    r.value.type = *type;
    // what this machine takes in is in a table of its own
    const bool is_own = *type == rtnl::route_type::local || *type == rtnl::route_type::broadcast ||
                        *type == rtnl::route_type::anycast;
    if (is_own && !before.has("table")) r.value.table = 255;
  }
  if (before.has("to"))
    return is_named ? before.note("to", "to")
                    : error::argument("\"" + std::string(w.peek()) + "\" is no word of a route");
  BOOST_OUTCOME_TRYV(before.note("to", "to"));
  BOOST_OUTCOME_TRY(r.destination, w.network(r.single.family));
  return success();
}

} // namespace

std::optional<rtnl::route_type> take_route_type(words& w)
{
  constexpr rtnl::route_type types[] = {
      rtnl::route_type::unicast,     rtnl::route_type::local,     rtnl::route_type::broadcast,
      rtnl::route_type::anycast,     rtnl::route_type::multicast, rtnl::route_type::blackhole,
      rtnl::route_type::unreachable, rtnl::route_type::prohibit,  rtnl::route_type::throw_};
  for (const auto type : types)
    if (w.take(to_string(type))) return type;
  return std::nullopt;
}

result<bool> read_way(words& w, const link_names& links, said& before, way_words& way)
{
  return read_clause(ways, w, links, before, way);
}

result<bool> read_route_part(words& w, said& before, net::family family, rtnl::route& into)
{
  route_words r;
  r.value = std::move(into);
  r.single.family = family;
  auto read = read_clause(route_clauses, w, link_names(), before, r);
  into = std::move(r.value);
  return read;
}

result<rtnl::route> read_route(words& w, const link_names& links, std::optional<net::family> family)
{
  said before;
  route_words r;
  r.single.family = family;
  r.value.protocol = 3; // RTPROT_BOOT, as ip(8)
  while (!w.empty()) {
    BOOST_OUTCOME_TRY(bool is_known, read_way(w, links, before, r.single));
    if (is_known) continue;
    BOOST_OUTCOME_TRY(is_known, read_clause(route_clauses, w, links, before, r));
    if (is_known) continue;
    if (w.take("nexthop")) {
      BOOST_OUTCOME_TRYV(read_share(w, links, r));
    } else {
      BOOST_OUTCOME_TRYV(read_destination(w, before, r));
    }
  }
  if (!before.has("to")) return error::argument("a route needs a NETWORK, which may be default");
  const net::subnet all(net::netmask(r.single.family.value_or(net::family::v4), 0), 0);
  r.value.destination = r.destination.value_or(all);
  const bool has_single =
      before.has("via") || before.has("dev") || before.has("onlink") || before.has("realms");
  if (has_single && !r.value.hops.empty()) return error::argument("a route has one way or several, not both");
  if (has_single) r.value.hops.push_back(std::move(r.single.hop));
  return std::move(r.value);
}

} // namespace ip_tool
