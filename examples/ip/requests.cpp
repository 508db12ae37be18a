#include "requests.hpp"

#include "clauses.hpp"
#include "request_route.hpp"
#include "request_rule.hpp"

#include <linx/rtnl/address.hpp>
#include <linx/rtnl/neighbour.hpp>
#include <linx/rtnl/nexthop.hpp>

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

// Addresses.

class address_words {
public:
  rtnl::address value;
  std::optional<net::interface_address> local;
  family_choice family;
  bool wants_broadcast = false; ///< the last address of the network, which may not be known yet
};

result<net::interface_address> read_own(words& w, family_choice& family)
{
  const std::string word(w.peek());
  BOOST_OUTCOME_TRY(const auto own, w.interface_address());
  if (family && *family != own.family()) return error::argument("\"" + word + "\" is of the other family");
  family = own.family();
  return own;
}

result<> read_local(words& w, const link_names&, address_words& a)
{
  BOOST_OUTCOME_TRY(a.local, read_own(w, a.family));
  return success();
}

result<> read_peer(words& w, const link_names&, address_words& a)
{
  BOOST_OUTCOME_TRY(const auto peer, read_own(w, a.family));
  a.value.peer = peer.address();
  a.value.local = peer; // its prefix is the one that counts
  return success();
}

result<> read_broadcast(words& w, const link_names&, address_words& a)
{
  a.wants_broadcast = w.take("+");
  if (a.wants_broadcast) return success();
  BOOST_OUTCOME_TRY(a.value.broadcast, w.address("broadcast address", a.family));
  return success();
}

template <auto Lifetime>
result<> read_lifetime(words& w, const link_names&, address_words& a)
{
  if (w.take("forever")) return success();
  BOOST_OUTCOME_TRY(const auto seconds, w.number("lifetime in seconds"));
  a.value.*Lifetime = std::chrono::seconds(seconds);
  return success();
}

template <std::uint32_t Flag>
result<> read_flag(words&, const link_names&, address_words& a)
{
  a.value.flags |= Flag;
  return success();
}

constexpr clause<address_words> address_clauses[] = {
    {"local", &read_local},
    {"peer", &read_peer},
    {"remote", &read_peer, "peer"},
    {"broadcast", &read_broadcast},
    {"brd", &read_broadcast, "broadcast"},
    {"dev",
     [](words& w, const link_names& links, address_words& a) -> result<> {
       BOOST_OUTCOME_TRY(a.value.link, w.link(links));
       return success();
     }},
    {"label",
     [](words& w, const link_names&, address_words& a) -> result<> {
       BOOST_OUTCOME_TRY(a.value.label, w.next("label"));
       return success();
     }},
    {"scope",
     [](words& w, const link_names&, address_words& a) -> result<> {
       BOOST_OUTCOME_TRY(a.value.scope, w.scope());
       return success();
     }},
    {"metric",
     [](words& w, const link_names&, address_words& a) -> result<> {
       BOOST_OUTCOME_TRY(a.value.metric, w.number("metric"));
       return success();
     }},
    {"valid_lft", &read_lifetime<&rtnl::address::valid>},
    {"preferred_lft", &read_lifetime<&rtnl::address::preferred>},
    {"nodad", &read_flag<IFA_F_NODAD>},
    {"noprefixroute", &read_flag<IFA_F_NOPREFIXROUTE>},
    {"home", &read_flag<IFA_F_HOMEADDRESS>},
    {"mngtmpaddr", &read_flag<IFA_F_MANAGETEMPADDR>},
    {"optimistic", &read_flag<IFA_F_OPTIMISTIC>},
    {"autojoin", &read_flag<IFA_F_MCAUTOJOIN>},
};

result<rtnl::address> read_address(words& w, const link_names& links, family_choice family)
{
  said before;
  address_words a;
  a.family = family;
  BOOST_OUTCOME_TRYV(read_clauses(address_clauses, w, links, before, a, "local"));
  if (!a.local) return error::argument("an ADDRESS is missing");
  a.value.local =
      net::interface_address(a.local->address(), (a.value.peer ? a.value.local : *a.local).prefix());
  if (a.wants_broadcast) a.value.broadcast = a.value.local.network().last();
  if (a.value.link == 0) return error::argument("address " + to_string(*a.local) + ": dev NAME is missing");
  // 127.0.0.0/8 does not leave this machine, and ip(8) says so
  const bool is_of_host = a.local->address().is_v4() && a.local->address().bytes()[0] == 127;
  if (is_of_host && !before.has("scope")) a.value.scope = 254;
  return std::move(a.value);
}

// Neighbours.

class neighbour_words {
public:
  rtnl::neighbour value;
  family_choice family;
};

result<> read_nud(words& w, const link_names&, neighbour_words& n)
{
  BOOST_OUTCOME_TRY(const auto state, w.neighbour_state());
  n.value.in_state(state);
  return success();
}

result<> read_neighbour_address(words& w, const link_names&, neighbour_words& n)
{
  BOOST_OUTCOME_TRY(n.value.address, w.address("address", n.family));
  return success();
}

constexpr clause<neighbour_words> neighbour_clauses[] = {
    {"dev",
     [](words& w, const link_names& links, neighbour_words& n) -> result<> {
       BOOST_OUTCOME_TRY(n.value.link, w.link(links));
       return success();
     }},
    {"lladdr",
     [](words& w, const link_names&, neighbour_words& n) -> result<> {
       BOOST_OUTCOME_TRY(n.value.link_address, w.link_address());
       return success();
     }},
    {"nud", &read_nud},
    {"router",
     [](words&, const link_names&, neighbour_words& n) -> result<> {
       n.value.router();
       return success();
     }},
    {"extern_learn",
     [](words&, const link_names&, neighbour_words& n) -> result<> {
       n.value.external();
       return success();
     }},
    {"managed",
     [](words&, const link_names&, neighbour_words& n) -> result<> {
       n.value.managed();
       return success();
     }},
    {"protocol",
     [](words& w, const link_names&, neighbour_words& n) -> result<> {
       BOOST_OUTCOME_TRY(n.value.protocol, w.protocol());
       return success();
     }},
    {"to", &read_neighbour_address},
    {"proxy",
     [](words& w, const link_names& links, neighbour_words& n) -> result<> {
       n.value.proxy();
       return read_neighbour_address(w, links, n);
     },
     "to"},
};

result<rtnl::neighbour> read_neighbour(words& w, const link_names& links, family_choice family)
{
  said before;
  neighbour_words n;
  n.family = family;
  BOOST_OUTCOME_TRYV(read_clauses(neighbour_clauses, w, links, before, n, "to"));
  if (!before.has("to")) return error::argument("a neighbour needs an ADDRESS");
  if (n.value.link == 0 && !n.value.is_proxy())
    return error::argument("neighbour " + to_string(n.value.address) + ": dev NAME is missing");
  return std::move(n.value);
}

// Nexthops.

class nexthop_words {
public:
  rtnl::nexthop value;
};

/// "1,3/2": the nexthop 1 with a weight of 3, and the nexthop 2.
result<> read_members(words& w, const link_names&, nexthop_words& n)
{
  BOOST_OUTCOME_TRY(const auto text, w.next("group of nexthop ids"));
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find('/', at), text.size());
    const auto part = text.substr(at, end - at);
    const auto comma = std::min(part.find(','), part.size());
    const auto id = number_of(part.substr(0, comma));
    const auto weight = comma == part.size() ? std::optional(1u) : number_of(part.substr(comma + 1), 65536);
    if (!id || !weight || *weight == 0)
      return error::argument("\"" + text + "\" is no group of nexthops: ID,WEIGHT/ID,WEIGHT or ID/ID");
    n.value.member(*id, *weight);
    at = end + 1;
  }
  return success();
}

result<> read_nexthop_protocol(words& w, const link_names&, nexthop_words& n)
{
  BOOST_OUTCOME_TRY(n.value.protocol, w.protocol());
  return success();
}

constexpr clause<nexthop_words> nexthop_clauses[] = {
    {"id",
     [](words& w, const link_names&, nexthop_words& n) -> result<> {
       BOOST_OUTCOME_TRY(n.value.id, w.number("nexthop id"));
       return success();
     }},
    {"group", &read_members},
    {"blackhole",
     [](words&, const link_names&, nexthop_words& n) -> result<> {
       n.value.blackhole();
       return success();
     }},
    {"fdb",
     [](words&, const link_names&, nexthop_words& n) -> result<> {
       n.value.fdb();
       return success();
     }},
    {"proto", &read_nexthop_protocol},
    {"protocol", &read_nexthop_protocol, "proto"},
};

result<rtnl::nexthop> read_nexthop(words& w, const link_names& links, family_choice family)
{
  said before;
  nexthop_words n;
  n.value.protocol = 0; // of nobody, as ip(8)
  way_words way;
  way.family = family;
  while (!w.empty()) {
    BOOST_OUTCOME_TRY(bool is_known, read_way(w, links, before, way));
    if (is_known) continue;
    BOOST_OUTCOME_TRY(is_known, read_clause(nexthop_clauses, w, links, before, n));
    if (is_known) continue;
    BOOST_OUTCOME_TRYV(w.end());
  }
  n.value.gateway = way.hop.gateway;
  n.value.output = way.hop.output;
  n.value.flags |= way.hop.flags;
  n.value.family = way.family;
  return std::move(n.value);
}

template <class T>
result<> append(rtnl::batch& all, const std::string& object, const std::string& verb, const T& value)
{
  if (verb == "delete") {
    all.remove(value);
    return success();
  }
  if (verb == "add") {
    all.add(value);
    return success();
  }
  if constexpr (requires { all.replace(value); }) {
    // the kernel changes an address by the request that would add it
    const bool is_change = verb == "change" && std::is_same_v<T, rtnl::address>;
    if (verb == "replace" || is_change) {
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
  return error::argument(object + " has no command \"" + verb + '"');
}

} // namespace

bool is_request(std::string_view object, std::string_view verb)
{
  constexpr std::string_view objects[] = {"addr", "route", "rule", "neigh", "nexthop"};
  constexpr std::string_view verbs[] = {"add", "delete", "replace", "change", "append"};
  return std::ranges::find(objects, object) != std::end(objects) &&
         std::ranges::find(verbs, verb) != std::end(verbs);
}

result<> add_request(words w, family_choice family, const link_names& links, rtnl::batch& all)
{
  BOOST_OUTCOME_TRY(const auto object, w.next("object"));
  BOOST_OUTCOME_TRY(const auto verb, w.next("command"));
  if (object == "addr") {
    BOOST_OUTCOME_TRY(const auto a, read_address(w, links, family));
    return append(all, object, verb, a);
  }
  if (object == "route") {
    BOOST_OUTCOME_TRY(const auto r, read_route(w, links, family));
    return append(all, object, verb, r);
  }
  if (object == "rule") {
    BOOST_OUTCOME_TRY(const auto r, read_rule(w, family, verb == "delete"));
    return append(all, object, verb, r);
  }
  if (object == "neigh") {
    BOOST_OUTCOME_TRY(const auto n, read_neighbour(w, links, family));
    return append(all, object, verb, n);
  }
  if (object == "nexthop") {
    BOOST_OUTCOME_TRY(const auto n, read_nexthop(w, links, family));
    return append(all, object, verb, n);
  }
  return error::argument("\"" + object + "\" is no object of a batch: addr, route, rule, neigh, nexthop");
}

} // namespace ip_tool
