// The attributes of a link request by name, but for those of its kind.
#pragma once

#include "netlink/name_tables.hpp"
#include "rtnl/names.hpp"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <array>

namespace linx::rtnl {

std::string describe_link(std::span<const std::byte> request);

constexpr netlink::attribute_names::entry xdp_entries[] = {LINX_NAME(IFLA_XDP_FD), LINX_NAME(IFLA_XDP_FLAGS),
                                                           LINX_NAME(IFLA_XDP_EXPECTED_FD)};
inline constexpr netlink::attribute_names xdp_names(0, xdp_entries);
constexpr netlink::attribute_names::entry property_entries[] = {LINX_NAME(IFLA_ALT_IFNAME)};
inline constexpr netlink::attribute_names property_names(0, property_entries);

constexpr auto with_link_info(const netlink::attribute_names& info) noexcept
{
  return std::array{
      LINX_NAME(IFLA_ADDRESS),        LINX_NAME(IFLA_BROADCAST),
      LINX_NAME(IFLA_IFNAME),         LINX_NAME(IFLA_MTU),
      LINX_NAME(IFLA_LINK),           LINX_NAME(IFLA_MASTER),
      LINX_NAME(IFLA_TXQLEN),         LINX_NAME(IFLA_NET_NS_PID),
      LINX_NAME(IFLA_NET_NS_FD),      LINX_NAME(IFLA_IFALIAS),
      LINX_NAME(IFLA_GROUP),          LINX_NAME(IFLA_EXT_MASK),
      LINX_NAME(IFLA_OPERSTATE),      LINX_NAME(IFLA_CARRIER),
      LINX_NAME(IFLA_LINK_NETNSID),   LINX_NAME(IFLA_NEW_IFINDEX),
      LINX_NAME(IFLA_NUM_TX_QUEUES),  LINX_NAME(IFLA_NUM_RX_QUEUES),
      LINX_NAME(IFLA_ALT_IFNAME),     LINX_NEST(IFLA_PROP_LIST, property_names),
      LINX_NEST(IFLA_XDP, xdp_names), netlink::attribute_names::entry(IFLA_LINKINFO, "IFLA_LINKINFO", &info)};
}

} // namespace linx::rtnl
