#include "requests.hpp"

#include <linx/rtnl/address.hpp>
#include <linx/rtnl/neighbour.hpp>
#include <linx/rtnl/nexthop.hpp>
#include <linx/rtnl/route.hpp>
#include <linx/rtnl/rule.hpp>

#include <linux/if_addr.h>
#include <linux/neighbour.h>

#include <algorithm>

namespace ip_tool {

namespace rtnl = linx::rtnl;
namespace net = linx::net;
using linx::error;
using linx::result;
using linx::success;

namespace {

error unknown_verb(std::string_view object, const std::string& verb)
{
  return error::argument(std::string(object) + " has no command \"" + verb + '"');
}

result<std::optional<std::chrono::seconds>> lifetime(words& w, std::string_view what)
{
  if (w.take("forever")) return std::optional<std::chrono::seconds>();
  BOOST_OUTCOME_TRY(const auto seconds, w.number(what));
  return std::optional(std::chrono::seconds(seconds));
}

result<rtnl::address> read_address(words& w, const link_names& links)
{
  BOOST_OUTCOME_TRY(const auto local, w.interface_address());
  rtnl::address a(0, local);
  while (!w.empty()) {
    if (w.take("dev")) {
      BOOST_OUTCOME_TRY(a.link, w.link(links));
    } else if (w.take("peer")) {
      BOOST_OUTCOME_TRY(const auto peer, w.interface_address());
      a.peer = peer.address();
      a.local = net::interface_address(local.address(), peer.prefix());
    } else if (w.take("broadcast") || w.take("brd")) {
      if (w.take("+")) {
        a.broadcast = a.local.network().last();
      } else {
        BOOST_OUTCOME_TRY(a.broadcast, w.address("broadcast address"));
      }
    } else if (w.take("label")) {
      BOOST_OUTCOME_TRY(a.label, w.next("label"));
    } else if (w.take("scope")) {
      BOOST_OUTCOME_TRY(a.scope, w.scope());
    } else if (w.take("metric")) {
      BOOST_OUTCOME_TRY(a.metric, w.number("metric"));
    } else if (w.take("valid_lft")) {
      BOOST_OUTCOME_TRY(a.valid, lifetime(w, "lifetime in seconds"));
    } else if (w.take("preferred_lft")) {
      BOOST_OUTCOME_TRY(a.preferred, lifetime(w, "lifetime in seconds"));
    } else if (w.take("nodad")) {
      a.flags |= IFA_F_NODAD;
    } else if (w.take("noprefixroute")) {
      a.flags |= IFA_F_NOPREFIXROUTE;
    } else {
      break;
    }
  }
  BOOST_OUTCOME_TRYV(w.end());
  if (a.link == 0) return error::argument("address " + to_string(local) + ": dev NAME is missing");
  return a;
}

/// "via ADDRESS", "dev NAME", "weight N", "onlink"; whether there was one.
result<bool> read_way(words& w, const link_names& links, rtnl::next_hop& hop)
{
  if (w.take("via")) {
    (void)(w.take("inet") || w.take("inet6"));
    BOOST_OUTCOME_TRY(hop.gateway, w.address("gateway"));
  } else if (w.take("dev")) {
    BOOST_OUTCOME_TRY(hop.output, w.link(links));
  } else if (w.take("weight")) {
    BOOST_OUTCOME_TRY(hop.weight, w.number("weight", 256));
  } else if (w.take("onlink")) {
    hop.onlink();
  } else {
    return false;
  }
  return true;
}

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

result<bool> read_metric(words& w, rtnl::route& r)
{
  constexpr rtnl::route_metric metrics[] = {rtnl::route_metric::mtu,      rtnl::route_metric::advmss,
                                            rtnl::route_metric::window,   rtnl::route_metric::initcwnd,
                                            rtnl::route_metric::initrwnd, rtnl::route_metric::hoplimit,
                                            rtnl::route_metric::quickack};
  for (const auto metric : metrics) {
    if (!w.take(to_string(metric))) continue;
    if (w.take("lock")) r.metrics.get_or_make().lock(metric);
    BOOST_OUTCOME_TRY(const auto value, w.number(to_string(metric)));
    r.metrics.get_or_make().set(metric, value);
    return true;
  }
  return false;
}

result<rtnl::route> read_route(words& w, const link_names& links, net::family family)
{
  const auto type = take_route_type(w);
  BOOST_OUTCOME_TRY(const auto destination, w.network(family));
  rtnl::route r(destination);
  r.protocol = 3; // RTPROT_BOOT, as ip(8)
  if (type) r.type = *type;
  rtnl::next_hop single;
  bool has_single = false;
  while (!w.empty()) {
    BOOST_OUTCOME_TRY(const bool is_way, read_way(w, links, single));
    has_single |= is_way;
    if (is_way) continue;
    BOOST_OUTCOME_TRY(const bool is_metric, read_metric(w, r));
    if (is_metric) continue;
    if (w.take("nexthop")) {
      auto& hop = r.hops.emplace_back();
      bool more = true;
      while (more) {
        BOOST_OUTCOME_TRY(more, read_way(w, links, hop));
      }
    } else if (w.take("table")) {
      BOOST_OUTCOME_TRY(r.table, w.table());
    } else if (w.take("metric")) {
      BOOST_OUTCOME_TRY(r.metric, w.number("metric"));
    } else if (w.take("proto") || w.take("protocol")) {
      BOOST_OUTCOME_TRY(r.protocol, w.protocol());
    } else if (w.take("scope")) {
      BOOST_OUTCOME_TRY(r.scope, w.scope());
    } else if (w.take("src")) {
      BOOST_OUTCOME_TRY(r.source, w.address("source address"));
    } else if (w.take("from")) {
      BOOST_OUTCOME_TRY(r.from, w.network(family));
    } else if (w.take("nhid")) {
      BOOST_OUTCOME_TRY(r.nexthop_id, w.number("nexthop id"));
    } else {
      break;
    }
  }
  BOOST_OUTCOME_TRYV(w.end());
  if (has_single && !r.hops.empty()) return error::argument("a route has one way or several, not both");
  if (has_single) r.hops.push_back(std::move(single));
  return r;
}

/// Both sides of the separator; the second is `otherwise` where there is none.
words halves(std::string_view text, char separator, std::string_view otherwise)
{
  // find() of a string makes g++ 12 warn falsely about memchr (-Wstringop-overread)
  const auto at = std::ranges::find(text, separator);
  const std::string first(text.begin(), at);
  const std::string second = at == text.end() ? std::string(otherwise) : std::string(at + 1, text.end());
  return words({first, second});
}

result<bool> read_ports(words& w, std::string_view name,
                        std::optional<rtnl::rule_range<std::uint16_t>>& ports)
{
  if (!w.take(name)) return false;
  BOOST_OUTCOME_TRY(const auto text, w.next("port or range of ports"));
  words both = halves(text, '-', text);
  BOOST_OUTCOME_TRY(const auto first, both.number("port", UINT16_MAX));
  BOOST_OUTCOME_TRY(const auto last, both.number("port", UINT16_MAX));
  ports.emplace(static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last));
  return true;
}

} // namespace

result<bool> read_rule_part(words& w, rtnl::rule& r)
{
  const auto family = r.family;
  BOOST_OUTCOME_TRY(const bool source_ports, read_ports(w, "sport", r.source_ports));
  if (source_ports) return true;
  BOOST_OUTCOME_TRY(const bool destination_ports, read_ports(w, "dport", r.destination_ports));
  if (destination_ports) return true;
  if (w.take("from")) {
    BOOST_OUTCOME_TRY(const auto network, w.network(family));
    if (!network.is_default()) r.source = network;
  } else if (w.take("to")) {
    BOOST_OUTCOME_TRY(const auto network, w.network(family));
    if (!network.is_default()) r.destination = network;
  } else if (w.take("iif")) {
    BOOST_OUTCOME_TRY(r.input, w.next("interface"));
  } else if (w.take("oif")) {
    BOOST_OUTCOME_TRY(r.output, w.next("interface"));
  } else if (w.take("not")) {
    r.invert();
  } else if (w.take("fwmark")) {
    BOOST_OUTCOME_TRY(const auto mark, w.number("mark"));
    r.marked(mark);
  } else if (w.take("tos") || w.take("dsfield")) {
    BOOST_OUTCOME_TRY(const auto tos, w.number("tos", UINT8_MAX));
    r.with_tos(static_cast<std::uint8_t>(tos));
  } else if (w.take("priority") || w.take("pref") || w.take("prio")) {
    BOOST_OUTCOME_TRY(const auto priority, w.number("priority"));
    r.at(priority);
  } else if (w.take("table") || w.take("lookup")) {
    BOOST_OUTCOME_TRY(const auto table, w.table());
    r.lookup(table);
  } else if (w.take("goto")) {
    BOOST_OUTCOME_TRY(const auto target, w.number("priority"));
    r.go_to(target);
  } else if (w.take("suppress_prefixlength")) {
    BOOST_OUTCOME_TRY(const auto length, w.number("prefix length", 128));
    r.suppress_prefixes(length);
  } else if (w.take("blackhole")) {
    r.act(rtnl::rule_action::blackhole);
  } else if (w.take("unreachable")) {
    r.act(rtnl::rule_action::unreachable);
  } else if (w.take("prohibit")) {
    r.act(rtnl::rule_action::prohibit);
  } else if (w.take("protocol")) {
    BOOST_OUTCOME_TRY(r.protocol, w.protocol());
  } else {
    return false;
  }
  if (r.source) r.family = r.source->family();
  if (r.destination) r.family = r.destination->family();
  return true;
}

namespace {

result<rtnl::rule> read_rule(words& w, net::family family)
{
  rtnl::rule r(family);
  for (bool more = !w.empty(); more;) {
    BOOST_OUTCOME_TRY(more, read_rule_part(w, r));
    more &= !w.empty();
  }
  BOOST_OUTCOME_TRYV(w.end());
  return r;
}

result<rtnl::neighbour> read_neighbour(words& w, const link_names& links)
{
  const bool is_proxy = w.take("proxy");
  BOOST_OUTCOME_TRY(const auto address, w.address("address"));
  rtnl::neighbour n(0, address);
  while (!w.empty()) {
    if (w.take("dev")) {
      BOOST_OUTCOME_TRY(n.link, w.link(links));
    } else if (w.take("lladdr")) {
      BOOST_OUTCOME_TRY(n.link_address, w.link_address());
    } else if (w.take("nud")) {
      BOOST_OUTCOME_TRY(const auto state, w.next("state"));
      if (state == "permanent")
        n.in_state(NUD_PERMANENT);
      else if (state == "reachable")
        n.in_state(NUD_REACHABLE);
      else if (state == "stale")
        n.in_state(NUD_STALE);
      else if (state == "noarp")
        n.in_state(NUD_NOARP);
      else
        return error::argument("\"" + state + "\" is no state: permanent, reachable, stale or noarp");
    } else if (w.take("router")) {
      n.router();
    } else if (w.take("extern_learn")) {
      n.external();
    } else {
      break;
    }
  }
  BOOST_OUTCOME_TRYV(w.end());
  if (is_proxy) n.proxy();
  if (n.link == 0 && !is_proxy)
    return error::argument("neighbour " + to_string(address) + ": dev NAME is missing");
  return n;
}

/// "1,2/3": ids with a share.
result<> read_members(words& w, rtnl::nexthop& n)
{
  BOOST_OUTCOME_TRY(auto text, w.next("group of nexthop ids"));
  std::deque<std::string> parts;
  for (std::size_t comma; (comma = text.find(',')) != text.npos; text.erase(0, comma + 1))
    parts.push_back(text.substr(0, comma));
  parts.push_back(text);
  for (const auto& part : parts) {
    words both = halves(part, '/', "1");
    BOOST_OUTCOME_TRY(const auto id, both.number("nexthop id"));
    BOOST_OUTCOME_TRY(const auto weight, both.number("weight", 65536));
    n.member(id, weight);
  }
  return success();
}

result<rtnl::nexthop> read_nexthop(words& w, const link_names& links)
{
  rtnl::nexthop n;
  rtnl::next_hop way;
  while (!w.empty()) {
    BOOST_OUTCOME_TRY(const bool is_way, read_way(w, links, way));
    if (is_way) continue;
    if (w.take("id")) {
      BOOST_OUTCOME_TRY(n.id, w.number("nexthop id"));
    } else if (w.take("group")) {
      BOOST_OUTCOME_TRYV(read_members(w, n));
    } else if (w.take("blackhole")) {
      n.blackhole();
    } else if (w.take("fdb")) {
      n.fdb();
    } else if (w.take("proto") || w.take("protocol")) {
      BOOST_OUTCOME_TRY(n.protocol, w.protocol());
    } else {
      break;
    }
  }
  BOOST_OUTCOME_TRYV(w.end());
  n.gateway = way.gateway;
  n.output = way.output;
  n.flags |= way.flags;
  return n;
}

template <class T>
result<> append(rtnl::batch& all, std::string_view object, const std::string& verb, const T& value)
{
  if (verb == "del" || verb == "delete") {
    all.remove(value);
    return success();
  }
  if (verb == "add") {
    all.add(value);
    return success();
  }
  if constexpr (requires { all.replace(value); }) {
    if (verb == "replace") {
      all.replace(value);
      return success();
    }
  }
  if constexpr (requires { all.change(value); }) {
    if (verb == "change") {
      all.change(value);
      return success();
    }
  }
  if constexpr (requires { all.append(value); }) {
    if (verb == "append") {
      all.append(value);
      return success();
    }
  }
  return unknown_verb(object, verb);
}

} // namespace

bool is_request(std::string_view object, std::string_view verb)
{
  constexpr std::string_view objects[] = {"addr", "address", "route", "rule", "neigh", "nexthop"};
  constexpr std::string_view verbs[] = {"add", "del", "delete", "replace", "change", "append"};
  return std::ranges::find(objects, object) != std::end(objects) &&
         std::ranges::find(verbs, verb) != std::end(verbs);
}

result<> add_request(words w, const link_names& links, rtnl::batch& all)
{
  const auto family = w.take("-6") ? net::family::v6 : net::family::v4;
  BOOST_OUTCOME_TRY(const auto object, w.next("object"));
  BOOST_OUTCOME_TRY(const auto verb, w.next("command"));
  if (object == "addr" || object == "address") {
    BOOST_OUTCOME_TRY(const auto a, read_address(w, links));
    return append(all, object, verb, a);
  }
  if (object == "route") {
    BOOST_OUTCOME_TRY(const auto r, read_route(w, links, family));
    return append(all, object, verb, r);
  }
  if (object == "rule") {
    BOOST_OUTCOME_TRY(const auto r, read_rule(w, family));
    return append(all, object, verb, r);
  }
  if (object == "neigh") {
    BOOST_OUTCOME_TRY(const auto n, read_neighbour(w, links));
    return append(all, object, verb, n);
  }
  if (object == "nexthop") {
    BOOST_OUTCOME_TRY(const auto n, read_nexthop(w, links));
    return append(all, object, verb, n);
  }
  return error::argument("\"" + object + "\" is no object of a batch: addr, route, rule, neigh, nexthop");
}

} // namespace ip_tool
