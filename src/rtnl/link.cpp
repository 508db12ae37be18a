#include <linx/rtnl/link.hpp>

#include "rtnl/kind_codec.hpp"

#include <linx/rtnl/link_flags.hpp>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>
#include <iterator>

namespace linx::rtnl {

namespace {

// linux/if.h, which does not go together with net/if.h
constexpr std::uint32_t iff_lower_up = 1u << 16;

std::uint32_t number(const netlink::attribute& a) noexcept
{
  return a.as<std::uint32_t>().value_or(0);
}

std::optional<xdp_state> read_xdp(const netlink::attributes& nest)
{
  xdp_state xdp;
  for (const auto a : nest) {
    switch (a.type()) {
    case IFLA_XDP_ATTACHED:
      xdp.mode = static_cast<xdp_mode>(a.as<std::uint8_t>().value_or(0));
      break;
    case IFLA_XDP_PROG_ID:
      xdp.program = number(a);
      break;
    case IFLA_XDP_DRV_PROG_ID:
      xdp.driver_program = number(a);
      break;
    case IFLA_XDP_SKB_PROG_ID:
      xdp.generic_program = number(a);
      break;
    case IFLA_XDP_HW_PROG_ID:
      xdp.hardware_program = number(a);
      break;
    default:
      break;
    }
  }
  if (xdp.mode == xdp_mode::none) return std::nullopt;
  return xdp;
}

// What is a number and no more.
std::uint32_t* plain_number(link& l, std::uint16_t type) noexcept
{
  switch (type) {
  case IFLA_MTU:
    return &l.mtu;
  case IFLA_TXQLEN:
    return &l.tx_queue_length;
  case IFLA_GROUP:
    return &l.group;
  case IFLA_MIN_MTU:
    return &l.min_mtu;
  case IFLA_MAX_MTU:
    return &l.max_mtu;
  case IFLA_PROMISCUITY:
    return &l.promiscuity;
  case IFLA_ALLMULTI:
    return &l.all_multicast;
  case IFLA_NUM_TX_QUEUES:
    return &l.tx_queues;
  case IFLA_NUM_RX_QUEUES:
    return &l.rx_queues;
  case IFLA_GSO_MAX_SIZE:
    return &l.gso_max_size;
  case IFLA_GSO_MAX_SEGS:
    return &l.gso_max_segments;
  case IFLA_GRO_MAX_SIZE:
    return &l.gro_max_size;
  case IFLA_TSO_MAX_SIZE:
    return &l.tso_max_size;
  case IFLA_TSO_MAX_SEGS:
    return &l.tso_max_segments;
  case IFLA_CARRIER_CHANGES:
    return &l.carrier_changes;
  default:
    return nullptr;
  }
}

} // namespace

std::string_view to_string(xdp_mode mode) noexcept
{
  constexpr std::string_view names[] = {"none", "driver", "generic", "hardware", "several"};
  const auto n = static_cast<std::size_t>(mode);
  return n < std::size(names) ? names[n] : "unknown";
}

std::string_view to_string(oper_state state) noexcept
{
  constexpr std::string_view names[] = {"unknown", "not_present", "down", "lower_layer_down",
                                        "testing", "dormant",     "up"};
  const auto n = static_cast<std::size_t>(state);
  return n < std::size(names) ? names[n] : names[0];
}

std::optional<link> link::decode(const netlink::message_view& m)
{
  if (m.type() != RTM_NEWLINK && m.type() != RTM_DELLINK) return std::nullopt;
  const auto header = m.family_header<ifinfomsg>();
  // A bridge tells about its ports with the same messages (AF_BRIDGE): the link itself has not changed.
  if (header.ifi_family != AF_UNSPEC) return std::nullopt;

  link l;
  l.index = static_cast<std::uint32_t>(header.ifi_index);
  l.type = header.ifi_type;
  l.flags = header.ifi_flags;
  for (const auto a : m.attributes_after<ifinfomsg>()) {
    switch (a.type()) {
    case IFLA_IFNAME:
      l.name = a.as_string();
      break;
    case IFLA_OPERSTATE:
      l.state = static_cast<oper_state>(a.as<std::uint8_t>().value_or(0));
      break;
    case IFLA_ADDRESS:
      l.address = net::link_address::from_bytes(a.payload());
      break;
    case IFLA_BROADCAST:
      l.broadcast = net::link_address::from_bytes(a.payload());
      break;
    case IFLA_MASTER:
      l.master = a.as<std::uint32_t>();
      break;
    case IFLA_LINK:
      l.lower = a.as<std::uint32_t>();
      break;
    case IFLA_LINK_NETNSID:
      l.lower_netns = a.as<std::int32_t>();
      break;
    case IFLA_IFALIAS:
      l.alias = a.as_string();
      break;
    case IFLA_LINKINFO:
      if (const auto kind = a.nested().find(IFLA_INFO_KIND)) l.kind = kind->as_string();
      l.data = read_link_data(a.nested());
      l.port = read_port_data(a.nested());
      break;
    case IFLA_XDP:
      l.xdp = read_xdp(a.nested());
      break;
    case IFLA_PERM_ADDRESS:
      l.permanent_address = net::link_address::from_bytes(a.payload());
      break;
    case IFLA_CARRIER:
      if (const auto on = a.as<std::uint8_t>()) l.carrier = *on != 0;
      break;
    case IFLA_PROTO_DOWN:
      l.protocol_down = a.as<std::uint8_t>().value_or(0) != 0;
      break;
    case IFLA_PROP_LIST:
      for (const auto property : a.nested())
        if (property.type() == IFLA_ALT_IFNAME) l.alternative_names.emplace_back(property.as_string());
      break;
    default:
      if (auto* member = plain_number(l, a.type())) *member = number(a);
      break;
    }
  }
  return l;
}

bool link::is_up() const noexcept
{
  return (flags & IFF_UP) != 0;
}

bool link::has_carrier() const noexcept
{
  return (flags & iff_lower_up) != 0;
}

bool link::is_loopback() const noexcept
{
  return (flags & IFF_LOOPBACK) != 0;
}

bool link::is_called(std::string_view text) const noexcept
{
  return name == text ||
         std::find(alternative_names.begin(), alternative_names.end(), text) != alternative_names.end();
}

std::string to_string(const link& l)
{
  std::string text = std::to_string(l.index) + ": " + l.name;
  if (l.lower) text += "@" + std::to_string(*l.lower);
  text += ": <";
  for (const auto name : link_flag_names(l.flags)) {
    if (text.back() != '<') text += ',';
    text += name;
  }
  text += "> mtu " + std::to_string(l.mtu) + " state " + std::string(to_string(l.state));
  if (l.master) text += " master " + std::to_string(*l.master);
  if (!l.kind.empty()) text += " kind " + to_string(l.data);
  if (l.port) text += " port " + to_string(l.port);
  if (l.xdp) text += " xdp " + std::string(to_string(l.xdp->mode)) + " id " + std::to_string(l.xdp->program);
  if (l.address) text += " address " + to_string(*l.address);
  if (l.lower_netns) text += " link-netnsid " + std::to_string(*l.lower_netns);
  if (!l.alias.empty()) text += " alias " + l.alias;
  for (const auto& name : l.alternative_names) text += " altname " + name;
  return text;
}

std::string to_string(const link_id& id)
{
  return id.index() != 0 ? '#' + std::to_string(id.index()) : id.name();
}

} // namespace linx::rtnl
