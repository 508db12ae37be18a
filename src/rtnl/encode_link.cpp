#include "rtnl/encode_link.hpp"

#include "rtnl/names.hpp"
#include "rtnl/put.hpp"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>

namespace linx::rtnl {

namespace {

using netlink::message_builder;

message_builder link_message(std::uint16_t type, std::uint16_t flags, const ifinfomsg& header)
{
  message_builder m(type, flags, header);
  m.set_names(link_names);
  return m;
}

// A message about one link: by index, or by name for the kernel to look up.
result<message_builder> about(const link_id& which, std::uint16_t type, ifinfomsg header)
{
  if (which.index() != 0) {
    header.ifi_index = static_cast<int>(which.index());
    return link_message(type, 0, header);
  }
  BOOST_OUTCOME_TRYV(check_link_name(which.name()));
  auto m = link_message(type, 0, header);
  m.put_string(IFLA_IFNAME, which.name());
  return m;
}

} // namespace

result<> check_link_name(std::string_view name)
{
  constexpr std::string_view refused("/: \t\n\v\f\r\0", 9);
  if (name.empty() || name.size() >= IFNAMSIZ || name == "." || name == ".." ||
      name.find_first_of(refused) != name.npos) {
    return error::argument("interface name \"" + std::string(name) +
                           "\": 1 to 15 bytes, without '/', ':' and white space");
  }
  return success();
}

result<message_builder> encode_new_link(const veth& pair)
{
  BOOST_OUTCOME_TRYV(check_link_name(pair.name()));
  BOOST_OUTCOME_TRYV(check_link_name(pair.peer()));
  auto m = link_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
  m.put_string(IFLA_IFNAME, pair.name());
  if (pair.mtu()) m.put_u32(IFLA_MTU, *pair.mtu());
  if (pair.own_address()) put_mac(m, IFLA_ADDRESS, *pair.own_address());
  const auto info = m.begin_nested(IFLA_LINKINFO);
  m.put_string(IFLA_INFO_KIND, "veth");
  const auto data = m.begin_nested(IFLA_INFO_DATA);
  // holds a whole link message: a header, and attributes after it
  const auto peer = m.begin_unmarked(VETH_INFO_PEER);
  const ifinfomsg header{};
  m.append(std::as_bytes(std::span(&header, 1)));
  m.put_string(IFLA_IFNAME, pair.peer());
  if (pair.peer_namespace() >= 0)
    m.put_u32(IFLA_NET_NS_FD, static_cast<std::uint32_t>(pair.peer_namespace()));
  if (pair.mtu()) m.put_u32(IFLA_MTU, *pair.mtu());
  if (pair.peer_address()) put_mac(m, IFLA_ADDRESS, *pair.peer_address());
  m.end_nested(peer);
  m.end_nested(data);
  m.end_nested(info);
  return m;
}

result<message_builder> encode_change(const link_id& which, const link_change& change)
{
  ifinfomsg header{};
  if (change.is_up()) {
    header.ifi_change = IFF_UP;
    header.ifi_flags = *change.is_up() ? IFF_UP : 0;
  }
  BOOST_OUTCOME_TRY(auto m, about(which, RTM_NEWLINK, header));
  if (change.name()) {
    BOOST_OUTCOME_TRYV(check_link_name(*change.name()));
    m.put_string(IFLA_IFNAME, *change.name());
  }
  if (change.mtu()) m.put_u32(IFLA_MTU, *change.mtu());
  if (change.address()) put_mac(m, IFLA_ADDRESS, *change.address());
  if (change.alias()) m.put(IFLA_IFALIAS, std::as_bytes(std::span(*change.alias())));
  if (change.tx_queue_length()) m.put_u32(IFLA_TXQLEN, *change.tx_queue_length());
  if (change.master()) m.put_u32(IFLA_MASTER, *change.master());
  if (change.target_namespace() >= 0)
    m.put_u32(IFLA_NET_NS_FD, static_cast<std::uint32_t>(change.target_namespace()));
  return m;
}

result<message_builder> encode_remove(const link_id& which)
{
  return about(which, RTM_DELLINK, ifinfomsg{});
}

result<message_builder> encode_get(const link_id& which)
{
  BOOST_OUTCOME_TRY(auto m, about(which, RTM_GETLINK, ifinfomsg{}));
  m.put_u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  return m;
}

message_builder encode_list_links()
{
  auto m = link_message(RTM_GETLINK, 0, ifinfomsg{});
  // a link without its counters is a third as long
  m.put_u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  return m;
}

} // namespace linx::rtnl
