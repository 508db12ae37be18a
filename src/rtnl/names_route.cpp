#include "netlink/name_tables.hpp"
#include "rtnl/names.hpp"

#include <linx/rtnl/route.hpp>

#include <linux/rtnetlink.h>

namespace linx::rtnl {

namespace {

using netlink::attribute_names;
using entry = attribute_names::entry;

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

constexpr entry metric_entries[] = {LINX_NAME(RTAX_LOCK),
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
constexpr attribute_names metric_names(0, metric_entries);
constexpr entry route_entries[] = {
    LINX_NAME(RTA_DST),     LINX_NAME(RTA_SRC),       LINX_NAME(RTA_IIF),
    LINX_NAME(RTA_OIF),     LINX_NAME(RTA_GATEWAY),   LINX_NAME(RTA_PRIORITY),
    LINX_NAME(RTA_PREFSRC), LINX_NAME(RTA_MULTIPATH), LINX_NEST(RTA_METRICS, metric_names),
    LINX_NAME(RTA_TABLE),   LINX_NAME(RTA_MARK),      LINX_NAME(RTA_VIA),
    LINX_NAME(RTA_PREF),    LINX_NAME(RTA_ENCAP),     LINX_NAME(RTA_ENCAP_TYPE),
    LINX_NAME(RTA_EXPIRES), LINX_NAME(RTA_UID),       LINX_NAME(RTA_IP_PROTO),
    LINX_NAME(RTA_SPORT),   LINX_NAME(RTA_DPORT),     LINX_NAME(RTA_NH_ID)};

} // namespace

constexpr attribute_names route_names(sizeof(rtmsg), route_entries, describe_route);

} // namespace linx::rtnl
