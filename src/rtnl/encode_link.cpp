#include "rtnl/encode_link.hpp"

#include "rtnl/kind_codec.hpp"
#include "rtnl/new_link_check.hpp"

#include <linx/rtnl/new_link.hpp>
#include <linx/rtnl/veth.hpp>

#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>

namespace linx::rtnl {

namespace {

using netlink::message_builder;

// linux/if.h, which does not go together with net/if.h
constexpr std::size_t alias_size = 256;            // IFALIASZ
constexpr std::size_t alternative_name_size = 128; // ALTIFNAMSIZ

message_builder new_message(std::uint16_t flags, const ifinfomsg& header)
{
  message_builder m(RTM_NEWLINK, flags, header);
  m.set_names(link_names);
  return m;
}

// A program that is not there is -1, for the kernel as well.
std::uint32_t descriptor(int fd) noexcept
{
  return static_cast<std::uint32_t>(fd);
}

result<> check_alias(const std::optional<std::string>& alias)
{
  if (alias && alias->size() >= alias_size)
    return error::argument("alias of " + std::to_string(alias->size()) + " bytes: 255 at most");
  return success();
}

// Everything but the name, the kind and the port, which stand elsewhere when a link is made.
result<> put_settings(message_builder& m, const link_change& change)
{
  BOOST_OUTCOME_TRYV(check_alias(change.alias()));
  if (change.mtu()) m.put_u32(IFLA_MTU, *change.mtu());
  if (change.address()) put_link_address(m, IFLA_ADDRESS, *change.address());
  if (change.broadcast()) put_link_address(m, IFLA_BROADCAST, *change.broadcast());
  if (change.alias()) m.put(IFLA_IFALIAS, std::as_bytes(std::span(*change.alias())));
  if (change.tx_queue_length()) m.put_u32(IFLA_TXQLEN, *change.tx_queue_length());
  if (change.group()) m.put_u32(IFLA_GROUP, *change.group());
  if (change.master()) m.put_u32(IFLA_MASTER, change.master()->index());
  if (change.carrier()) m.put_u8(IFLA_CARRIER, *change.carrier());
  if (change.protocol_down()) m.put_u8(IFLA_PROTO_DOWN, *change.protocol_down());
  if (change.target_namespace() >= 0 && change.target_process() != 0)
    return error::argument("a link moves to a namespace by descriptor or by process, not both");
  if (change.target_namespace() >= 0) m.put_u32(IFLA_NET_NS_FD, descriptor(change.target_namespace()));
  if (change.target_process() != 0)
    m.put_u32(IFLA_NET_NS_PID, static_cast<std::uint32_t>(change.target_process()));
  return success();
}

ifinfomsg header_of(const link_change& change) noexcept
{
  ifinfomsg header{};
  header.ifi_change = change.flags_mask();
  header.ifi_flags = change.flags();
  return header;
}

result<> check_name(std::string_view name, std::size_t limit, std::string_view what)
{
  constexpr std::string_view refused("/: \t\n\v\f\r\0", 9);
  if (name.empty() || name.size() >= limit || name == "." || name == ".." ||
      name.find_first_of(refused) != name.npos) {
    return error::argument(std::string(what) + " \"" + std::string(name) + "\": 1 to " +
                           std::to_string(limit - 1) + " bytes, without '/', ':' and white space");
  }
  return success();
}

} // namespace

result<> check_link_name(std::string_view name)
{
  return check_name(name, IFNAMSIZ, "interface name");
}

result<> check_link_reference(std::string_view name)
{
  return check_name(name, alternative_name_size, "interface name");
}

result<message_builder> link_message(std::uint16_t type, std::uint16_t flags, const link_id& which,
                                     ifinfomsg header)
{
  const bool by_index = which.index() != 0;
  if (by_index) {
    header.ifi_index = static_cast<int>(which.index());
  } else {
    BOOST_OUTCOME_TRYV(check_link_reference(which.name()));
  }
  message_builder m(type, flags, header);
  m.set_names(link_names);
  if (!by_index) m.put_string(which.name().size() < IFNAMSIZ ? IFLA_IFNAME : IFLA_ALT_IFNAME, which.name());
  return m;
}

result<message_builder> encode_new_link(const veth& pair)
{
  BOOST_OUTCOME_TRYV(check_link_name(pair.name()));
  BOOST_OUTCOME_TRYV(check_link_name(pair.peer()));
  auto m = new_message(NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
  m.put_string(IFLA_IFNAME, pair.name());
  if (pair.mtu()) m.put_u32(IFLA_MTU, *pair.mtu());
  if (pair.own_address()) put_mac(m, IFLA_ADDRESS, *pair.own_address());
  {
    const auto info = m.nested(IFLA_LINKINFO);
    m.put_string(IFLA_INFO_KIND, "veth");
    const auto data = m.nested(IFLA_INFO_DATA);
    // holds a whole link message: a header, and attributes after it
    const auto peer = m.unmarked_nested(VETH_INFO_PEER);
    const ifinfomsg header{};
    m.append(std::as_bytes(std::span(&header, 1)));
    m.put_string(IFLA_IFNAME, pair.peer());
    if (pair.peer_namespace() >= 0) m.put_u32(IFLA_NET_NS_FD, descriptor(pair.peer_namespace()));
    if (pair.mtu()) m.put_u32(IFLA_MTU, *pair.mtu());
    if (pair.peer_address()) put_mac(m, IFLA_ADDRESS, *pair.peer_address());
  }
  return m;
}

result<message_builder> encode_new_link(const new_link& link, std::uint16_t flags)
{
  BOOST_OUTCOME_TRYV(check_link_name(link.name()));
  BOOST_OUTCOME_TRYV(check_new_link(link));
  auto header = header_of(link.settings());
  header.ifi_index = static_cast<int>(link.index());
  auto m = new_message(flags, header);
  m.put_string(IFLA_IFNAME, link.name());
  BOOST_OUTCOME_TRYV(put_settings(m, link.settings()));
  const link_data data = with_lower_inside(link);
  if (link.lower() && !has_lower_inside(data)) m.put_u32(IFLA_LINK, link.lower()->index());
  if (link.lower_netns()) m.put_s32(IFLA_LINK_NETNSID, *link.lower_netns());
  if (link.tx_queues() != 0) m.put_u32(IFLA_NUM_TX_QUEUES, link.tx_queues());
  if (link.rx_queues() != 0) m.put_u32(IFLA_NUM_RX_QUEUES, link.rx_queues());
  put_link_info(m, data.get(), link.settings().port().get());
  return m;
}

result<message_builder> encode_change(const link_id& which, const link_change& change)
{
  BOOST_OUTCOME_TRY(auto m, link_message(RTM_NEWLINK, 0, which, header_of(change)));
  if (change.name()) {
    BOOST_OUTCOME_TRYV(check_link_name(*change.name()));
    m.put_string(IFLA_IFNAME, *change.name());
  }
  BOOST_OUTCOME_TRYV(put_settings(m, change));
  put_link_info(m, change.data().get(), change.port().get());
  return m;
}

result<message_builder> encode_remove(const link_id& which)
{
  return link_message(RTM_DELLINK, 0, which, ifinfomsg{});
}

result<message_builder> encode_get(const link_id& which)
{
  BOOST_OUTCOME_TRY(auto m, link_message(RTM_GETLINK, 0, which, ifinfomsg{}));
  m.put_u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  return m;
}

message_builder encode_list_links(std::uint32_t master, std::string_view kind)
{
  message_builder m(RTM_GETLINK, 0, ifinfomsg{});
  m.set_names(link_names);
  // a link without its counters is a third as long
  m.put_u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  if (master != 0) m.put_u32(IFLA_MASTER, master);
  if (!kind.empty()) {
    const auto info = m.nested(IFLA_LINKINFO);
    m.put_string(IFLA_INFO_KIND, kind);
  }
  return m;
}

result<message_builder> encode_alternative_names(std::uint16_t type, const link_id& which,
                                                 std::span<const std::string> names)
{
  if (names.empty()) return error::argument("no alternative name to add or remove");
  const std::uint16_t flags = type == RTM_NEWLINKPROP ? NLM_F_CREATE | NLM_F_EXCL | NLM_F_APPEND : 0;
  BOOST_OUTCOME_TRY(auto m, link_message(type, flags, which, ifinfomsg{}));
  {
    const auto list = m.nested(IFLA_PROP_LIST);
    for (const auto& name : names) {
      BOOST_OUTCOME_TRYV(check_name(name, alternative_name_size, "alternative name"));
      m.put_string(IFLA_ALT_IFNAME, name);
    }
  }
  return m;
}

namespace {

result<std::uint32_t> xdp_flags(xdp_mode mode)
{
  switch (mode) {
  case xdp_mode::none:
    return 0u;
  case xdp_mode::driver:
    return std::uint32_t(XDP_FLAGS_DRV_MODE);
  case xdp_mode::generic:
    return std::uint32_t(XDP_FLAGS_SKB_MODE);
  case xdp_mode::hardware:
    return std::uint32_t(XDP_FLAGS_HW_MODE);
  case xdp_mode::several:
    break;
  }
  return error::argument("an XDP program runs in one mode: driver, generic or hardware");
}

} // namespace

result<message_builder> encode_attach_xdp(const link_id& which, const xdp_program& program)
{
  if (program.fd() < 0) return error::argument("no XDP program: a negative descriptor");
  BOOST_OUTCOME_TRY(auto flags, xdp_flags(program.mode()));
  if (program.is_exclusive() && program.expected() >= 0)
    return error::argument("an XDP program is the first one, or it replaces another one");
  if (program.is_exclusive()) flags |= XDP_FLAGS_UPDATE_IF_NOEXIST;
  if (program.expected() >= 0) flags |= XDP_FLAGS_REPLACE;
  BOOST_OUTCOME_TRY(auto m, link_message(RTM_SETLINK, 0, which, ifinfomsg{}));
  {
    const auto xdp = m.nested(IFLA_XDP);
    m.put_s32(IFLA_XDP_FD, program.fd());
    m.put_u32(IFLA_XDP_FLAGS, flags);
    if (program.expected() >= 0) m.put_s32(IFLA_XDP_EXPECTED_FD, program.expected());
  }
  return m;
}

result<message_builder> encode_detach_xdp(const link_id& which, xdp_mode mode)
{
  BOOST_OUTCOME_TRY(const auto flags, xdp_flags(mode));
  BOOST_OUTCOME_TRY(auto m, link_message(RTM_SETLINK, 0, which, ifinfomsg{}));
  {
    const auto xdp = m.nested(IFLA_XDP);
    m.put_s32(IFLA_XDP_FD, -1);
    m.put_u32(IFLA_XDP_FLAGS, flags);
  }
  return m;
}

} // namespace linx::rtnl
