#include "rtnl/link_names.hpp"

#include <linux/veth.h>

namespace linx::rtnl {

namespace {

using netlink::attribute_names;
using entry = attribute_names::entry;

constexpr entry peer_entries[] = {LINX_NAME(IFLA_IFNAME), LINX_NAME(IFLA_NET_NS_FD), LINX_NAME(IFLA_MTU),
                                  LINX_NAME(IFLA_ADDRESS)};
constexpr attribute_names peer_names(sizeof(ifinfomsg), peer_entries);
constexpr entry veth_entries[] = {LINX_NEST(VETH_INFO_PEER, peer_names)};
constexpr attribute_names veth_names(0, veth_entries);
constexpr entry info_entries[] = {LINX_NAME(IFLA_INFO_KIND), LINX_NEST(IFLA_INFO_DATA, veth_names)};
constexpr attribute_names info_names(0, info_entries);
constexpr auto link_entries = with_link_info(info_names);

} // namespace

std::string describe_link(std::span<const std::byte> request)
{
  const auto m = netlink::detail::first_message(request);
  const auto attributes = m.attributes_after<ifinfomsg>();
  const auto index = m.family_header<ifinfomsg>().ifi_index;
  // a name beside an index is a new one
  if (index > 0) return "link #" + std::to_string(index);
  auto name = attributes.find(IFLA_IFNAME);
  if (!name) name = attributes.find(IFLA_ALT_IFNAME);
  return "link " + std::string(name ? name->as_string() : "");
}

constexpr attribute_names link_names(sizeof(ifinfomsg), link_entries, describe_link);

} // namespace linx::rtnl
