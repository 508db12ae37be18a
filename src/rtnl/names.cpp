#include "rtnl/names.hpp"

#include <linx/rtnl/address.hpp>
#include <linx/rtnl/link.hpp>
#include <linx/rtnl/route.hpp>

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

namespace linx::rtnl {

namespace {

using netlink::attribute_names;
using entry = attribute_names::entry;

#define LINX_NAME(attribute) entry(attribute, #attribute)
#define LINX_NEST(attribute, table) entry(attribute, #attribute, &table)

netlink::message_view first_message(std::span<const std::byte> request)
{
  const auto at = netlink::messages(request).begin();
  return at == netlink::messages::iterator() ? netlink::message_view() : *at;
}

std::string describe_link(std::span<const std::byte> request)
{
  const auto m = first_message(request);
  const auto name = m.attributes_after<ifinfomsg>().find(IFLA_IFNAME);
  const auto index = m.family_header<ifinfomsg>().ifi_index;
  if (index > 0) return "link #" + std::to_string(index);
  return "link " + std::string(name ? name->as_string() : "");
}

std::string describe_address(std::span<const std::byte> request)
{
  const auto a = address::decode(first_message(request));
  if (!a) return {};
  return "address " + to_string(a->local) + " of link #" + std::to_string(a->link);
}

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

constexpr entry peer_entries[] = {LINX_NAME(IFLA_IFNAME), LINX_NAME(IFLA_NET_NS_FD), LINX_NAME(IFLA_MTU),
                                  LINX_NAME(IFLA_ADDRESS)};
constexpr attribute_names peer_names(sizeof(ifinfomsg), peer_entries);
constexpr entry veth_entries[] = {LINX_NEST(VETH_INFO_PEER, peer_names)};
constexpr attribute_names veth_names(0, veth_entries);
constexpr entry info_entries[] = {LINX_NAME(IFLA_INFO_KIND), LINX_NEST(IFLA_INFO_DATA, veth_names)};
constexpr attribute_names info_names(0, info_entries);
constexpr entry link_entries[] = {LINX_NAME(IFLA_ADDRESS),   LINX_NAME(IFLA_BROADCAST),
                                  LINX_NAME(IFLA_IFNAME),    LINX_NAME(IFLA_MTU),
                                  LINX_NAME(IFLA_LINK),      LINX_NAME(IFLA_MASTER),
                                  LINX_NAME(IFLA_TXQLEN),    LINX_NAME(IFLA_NET_NS_PID),
                                  LINX_NAME(IFLA_NET_NS_FD), LINX_NAME(IFLA_IFALIAS),
                                  LINX_NAME(IFLA_GROUP),     LINX_NAME(IFLA_EXT_MASK),
                                  LINX_NAME(IFLA_OPERSTATE), LINX_NAME(IFLA_CARRIER),
                                  LINX_NAME(IFLA_PROP_LIST), LINX_NEST(IFLA_LINKINFO, info_names)};

constexpr entry address_entries[] = {LINX_NAME(IFA_ADDRESS), LINX_NAME(IFA_LOCAL),
                                     LINX_NAME(IFA_LABEL),   LINX_NAME(IFA_BROADCAST),
                                     LINX_NAME(IFA_FLAGS),   LINX_NAME(IFA_CACHEINFO)};

constexpr entry route_entries[] = {LINX_NAME(RTA_DST),     LINX_NAME(RTA_SRC),     LINX_NAME(RTA_IIF),
                                   LINX_NAME(RTA_OIF),     LINX_NAME(RTA_GATEWAY), LINX_NAME(RTA_PRIORITY),
                                   LINX_NAME(RTA_PREFSRC), LINX_NAME(RTA_METRICS), LINX_NAME(RTA_MULTIPATH),
                                   LINX_NAME(RTA_TABLE),   LINX_NAME(RTA_VIA),     LINX_NAME(RTA_NH_ID)};

#undef LINX_NAME
#undef LINX_NEST

} // namespace

constexpr attribute_names link_names(sizeof(ifinfomsg), link_entries, describe_link);
constexpr attribute_names address_names(sizeof(ifaddrmsg), address_entries, describe_address);
constexpr attribute_names route_names(sizeof(rtmsg), route_entries, describe_route);

} // namespace linx::rtnl
