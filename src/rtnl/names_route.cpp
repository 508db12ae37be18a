#include "rtnl/name_tables.hpp"

#include <linx/rtnl/route.hpp>

#include <linux/rtnetlink.h>

namespace linx::rtnl {

namespace {

using netlink::attribute_names;
using entry = attribute_names::entry;

std::string describe_route(std::span<const std::byte> request)
{
  const auto r = route::decode(first_message(request));
  if (!r) return {};
  std::string text = "route " + (r->destination.is_default() ? "default" : to_string(r->destination));
  for (const auto& hop : r->hops) {
    if (hop.gateway) text += " via " + to_string(*hop.gateway);
    if (hop.output != 0) text += " dev #" + std::to_string(hop.output);
  }
  return text;
}

constexpr entry route_entries[] = {LINX_NAME(RTA_DST),     LINX_NAME(RTA_SRC),     LINX_NAME(RTA_IIF),
                                   LINX_NAME(RTA_OIF),     LINX_NAME(RTA_GATEWAY), LINX_NAME(RTA_PRIORITY),
                                   LINX_NAME(RTA_PREFSRC), LINX_NAME(RTA_METRICS), LINX_NAME(RTA_MULTIPATH),
                                   LINX_NAME(RTA_TABLE),   LINX_NAME(RTA_VIA),     LINX_NAME(RTA_NH_ID)};

} // namespace

constexpr attribute_names route_names(sizeof(rtmsg), route_entries, describe_route);

} // namespace linx::rtnl
