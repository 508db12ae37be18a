#include "rtnl/route_rows.hpp"

#include "rtnl/names.hpp"
#include "rtnl/object_table.hpp"

#include <linux/rtnetlink.h>

namespace linx::rtnl {

namespace {

class metrics_wire {
public:
  static void put(netlink::message_builder& m, std::uint16_t type, const route_metrics& metrics)
  {
    const auto inside = m.nested(type);
    for (unsigned n = RTAX_MTU; n <= RTAX_FASTOPEN_NO_COOKIE; ++n) {
      if (const auto value = metrics.get(static_cast<route_metric>(n)))
        m.put_u32(static_cast<std::uint16_t>(n), *value);
    }
    if (metrics.locks() != 0) m.put_u32(RTAX_LOCK, metrics.locks());
    if (!metrics.congestion_control().empty()) m.put_string(RTAX_CC_ALGO, metrics.congestion_control());
  }
  template <class>
  static std::optional<route_metrics> read(const netlink::attribute& a)
  {
    if (a.nested().empty()) return std::nullopt;
    return route_metrics::decode(a.nested());
  }
  static bool carries(const route_metrics&) noexcept { return true; }
};

// What the answer to a look-up says besides.
template <auto Member>
class lookup_part {
public:
  static void read_into(const netlink::attribute& a, rare<route_lookup>& lookup)
  {
    if (const auto number = a.as<std::uint32_t>()) lookup.get_or_make().*Member = *number;
  }
  static std::string words(const route_lookup&) { return {}; }
};

constexpr netlink::attribute_names::entry metric_entries[] = {LINX_NAME(RTAX_LOCK),
                                                              LINX_NAME(RTAX_MTU),
                                                              LINX_NAME(RTAX_WINDOW),
                                                              LINX_NAME(RTAX_RTT),
                                                              LINX_NAME(RTAX_RTTVAR),
                                                              LINX_NAME(RTAX_SSTHRESH),
                                                              LINX_NAME(RTAX_CWND),
                                                              LINX_NAME(RTAX_ADVMSS),
                                                              LINX_NAME(RTAX_REORDERING),
                                                              LINX_NAME(RTAX_HOPLIMIT),
                                                              LINX_NAME(RTAX_INITCWND),
                                                              LINX_NAME(RTAX_FEATURES),
                                                              LINX_NAME(RTAX_RTO_MIN),
                                                              LINX_NAME(RTAX_INITRWND),
                                                              LINX_NAME(RTAX_QUICKACK),
                                                              LINX_NAME(RTAX_CC_ALGO),
                                                              LINX_NAME(RTAX_FASTOPEN_NO_COOKIE)};
constexpr netlink::attribute_names metric_names(0, metric_entries);

constexpr field<route> route_rows[] = {
    LINX_BY_HAND(route, RTA_DST),
    LINX_BY_HAND(route, RTA_SRC),
    LINX_BY_HAND(route, RTA_OIF),
    LINX_BY_HAND(route, RTA_GATEWAY),
    LINX_BY_HAND(route, RTA_VIA),
    LINX_BY_HAND(route, RTA_PRIORITY),
    LINX_BY_HAND(route, RTA_PREFSRC),
    LINX_BY_HAND(route, RTA_TABLE),
    LINX_BY_HAND(route, RTA_MULTIPATH),
    LINX_BY_HAND(route, RTA_ENCAP_TYPE),
    LINX_BY_HAND(route, RTA_ENCAP),
    LINX_BY_HAND(route, RTA_FLOW),
    LINX_BY_HAND(route, RTA_CACHEINFO),
    LINX_ROW(&route::nexthop_id, RTA_NH_ID, u32, ""),
    LINX_ROW(&route::metrics, RTA_METRICS, metrics_wire, "").nest(metric_names).to_add(),
    LINX_ROW(&route::preference, RTA_PREF, u8, "").to_add(),
    LINX_ROW(&route::expires, RTA_EXPIRES, seconds32, "").to_add(),
    LINX_ROW(&route::lookup, RTA_IIF, lookup_part<&route_lookup::input>, "").observed(),
    LINX_ROW(&route::lookup, RTA_MARK, lookup_part<&route_lookup::mark>, "").observed(),
    LINX_ROW(&route::lookup, RTA_UID, lookup_part<&route_lookup::uid>, "").observed(),
    LINX_BY_HAND(route, RTA_IP_PROTO), // of look-ups
    LINX_BY_HAND(route, RTA_SPORT),
    LINX_BY_HAND(route, RTA_DPORT),
    LINX_BY_HAND(route, RTA_PAD)};

std::string describe_route(std::span<const std::byte> request)
{
  const auto r = route::decode(netlink::detail::first_message(request));
  if (!r) return {};
  std::string text = "route " + (r->destination.is_default() ? "default" : to_string(r->destination));
  for (const auto& hop : r->hops) {
    if (hop.gateway) text += " via " + to_string(*hop.gateway);
    if (hop.output != 0) text += " dev #" + std::to_string(hop.output);
  }
  if (r->nexthop_id) text += " nhid " + std::to_string(*r->nexthop_id);
  if (r->table != RT_TABLE_MAIN) text += " table " + std::to_string(r->table);
  return text;
}

using route_table = object_table<rtmsg, route_rows, describe_route>;

} // namespace

constexpr netlink::attribute_names route_names = route_table::names;

void put_rare_attributes(netlink::message_builder& m, const route& r, sending why)
{
  route_table::put(m, r, why);
}

void read_rare_attribute(const netlink::attribute& a, const rtmsg& header, route& r)
{
  route_table::read(a, header, r);
}

} // namespace linx::rtnl
