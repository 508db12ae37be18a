#include "rtnl/listed_events.hpp"

#include "netlink/typed_dump.hpp"
#include "rtnl/encode_address.hpp"
#include "rtnl/encode_link.hpp"
#include "rtnl/encode_neighbour.hpp"
#include "rtnl/encode_nexthop.hpp"
#include "rtnl/encode_qdisc.hpp"
#include "rtnl/encode_route.hpp"
#include "rtnl/encode_rule.hpp"

namespace linx::rtnl {

namespace {

template <class T>
std::optional<event> decode_listed(const netlink::message_view& m)
{
  auto one = T::decode(m);
  if (!one) return std::nullopt;
  return changed<T>(change::listed, std::move(*one));
}

template <class T>
stream<event> events_of(const connection& tables, netlink::message_builder request)
{
  return netlink::detail::typed_dump<event>(tables.transport(), std::move(request), netlink::dump_options(),
                                            &decode_listed<T>);
}

} // namespace

stream<event> listed_events(const connection& tables, table which)
{
  switch (which) {
  case table::links:
    return events_of<link>(tables, encode_list_links());
  case table::addresses:
    return events_of<address>(tables, encode_list(address_filter()));
  case table::nexthops:
    return events_of<nexthop>(tables, encode_list(nexthop_filter()));
  case table::routes_v4:
    return events_of<route>(tables, encode_list(route_filter(net::family::v4)));
  case table::routes_v6:
    return events_of<route>(tables, encode_list(route_filter(net::family::v6)));
  case table::rules:
    return events_of<rule>(tables, encode_list(rule_filter()));
  case table::neighbours:
    return events_of<neighbour>(tables, encode_list(neighbour_filter()));
  case table::qdiscs:
    return events_of<qdisc>(tables, encode_list_qdiscs(0));
  }
  return {};
}

task<> until_settled(connection tables)
{
  // The loopback is always there; the answer itself is of no interest.
  auto asked = tables.get_link(1);
  const auto answer = co_await std::move(asked);
  if (!answer && answer.error() == errc::cancelled) co_return errc::cancelled;
  co_return success();
}

} // namespace linx::rtnl
