#include "rtnl/name_tables.hpp"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

namespace linx::rtnl {

namespace {

using netlink::attribute_names;
using entry = attribute_names::entry;

std::string describe_link(std::span<const std::byte> request)
{
  const auto m = first_message(request);
  const auto name = m.attributes_after<ifinfomsg>().find(IFLA_IFNAME);
  const auto index = m.family_header<ifinfomsg>().ifi_index;
  if (index > 0) return "link #" + std::to_string(index);
  return "link " + std::string(name ? name->as_string() : "");
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

} // namespace

constexpr attribute_names link_names(sizeof(ifinfomsg), link_entries, describe_link);

} // namespace linx::rtnl
