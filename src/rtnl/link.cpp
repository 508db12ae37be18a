#include <linx/rtnl/link.hpp>

#include "rtnl/kind_codec.hpp"
#include "rtnl/object_table.hpp"

#include <linx/rtnl/link_flags.hpp>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <iterator>

namespace linx::rtnl {

namespace {

// linux/if.h, which does not go together with net/if.h
constexpr std::uint32_t iff_lower_up = 1u << 16;

class alternative_names_wire {
public:
  template <class>
  static std::optional<std::vector<std::string>> read(const netlink::attribute& a)
  {
    std::vector<std::string> names;
    for (const auto property : a.nested())
      if (property.type() == IFLA_ALT_IFNAME) names.emplace_back(property.as_string());
    return names;
  }
  static std::string words(const std::vector<std::string>& names)
  {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : " altname ") + name;
    return text;
  }
};

class xdp_wire {
public:
  template <class>
  static std::optional<xdp_state> read(const netlink::attribute& a)
  {
    xdp_state xdp;
    const auto number = [](const netlink::attribute& one) { return one.as<std::uint32_t>().value_or(0); };
    for (const auto one : a.nested()) {
      switch (one.type()) {
      case IFLA_XDP_ATTACHED:
        xdp.mode = static_cast<xdp_mode>(one.as<std::uint8_t>().value_or(0));
        break;
      case IFLA_XDP_PROG_ID:
        xdp.program = number(one);
        break;
      case IFLA_XDP_DRV_PROG_ID:
        xdp.driver_program = number(one);
        break;
      case IFLA_XDP_SKB_PROG_ID:
        xdp.generic_program = number(one);
        break;
      case IFLA_XDP_HW_PROG_ID:
        xdp.hardware_program = number(one);
        break;
      default:
        break;
      }
    }
    return xdp.mode != xdp_mode::none ? std::optional(xdp) : std::nullopt;
  }
  static std::string words(const xdp_state& xdp)
  {
    return std::string(to_string(xdp.mode)) + " id " + std::to_string(xdp.program);
  }
};

// The parts of IFLA_LINKINFO.
class kind_wire {
public:
  template <class>
  static std::optional<std::string> read(const netlink::attribute& a)
  {
    const auto kind = a.nested().find(IFLA_INFO_KIND);
    return kind ? std::optional(std::string(kind->as_string())) : std::nullopt;
  }
};
class data_wire {
public:
  static void read_into(const netlink::attribute& a, link_data& data) { data = read_link_data(a.nested()); }
};
class port_wire {
public:
  static void read_into(const netlink::attribute& a, port_data& port) { port = read_port_data(a.nested()); }
};

// What IPv6 says of a link, among what all families say.
class ipv6_wire {
public:
  template <class>
  static std::optional<address_generation> read(const netlink::attribute& a)
  {
    const auto ipv6 = a.nested().find(AF_INET6);
    const auto mode = ipv6 ? ipv6->nested().find(IFLA_INET6_ADDR_GEN_MODE) : std::nullopt;
    const auto number = mode ? mode->as<std::uint8_t>() : std::nullopt;
    return number ? std::optional(static_cast<address_generation>(*number)) : std::nullopt;
  }
};

void name_words(std::string& text, const link& l)
{
  text += std::to_string(l.index) + ": " + l.name;
  if (l.lower) text += '@' + std::to_string(*l.lower);
}
void flag_words(std::string& text, const link& l)
{
  text += ": <";
  for (const auto name : link_flag_names(l.flags)) {
    if (text.back() != '<') text += ',';
    text += name;
  }
  text += '>';
}
void kind_words(std::string& text, const link& l)
{
  if (!l.kind.empty()) text += " kind " + to_string(l.data);
}
void state_words(std::string& text, const link& l)
{
  text += " state " + std::string(to_string(l.state));
}

// A link is changed by what a `link_change` names: nothing of these is sent.
constexpr field<link> link_rows[] = {
    LINX_HEADER(&link::index, header<&ifinfomsg::ifi_index>, ""),
    LINX_HEADER(&link::type, header<&ifinfomsg::ifi_type>, ""),
    LINX_ROW(&link::name, IFLA_IFNAME, text, "").says(name_words),
    LINX_ROW(&link::lower, IFLA_LINK, u32, ""),
    LINX_HEADER(&link::flags, header<&ifinfomsg::ifi_flags>, "").says(flag_words),
    LINX_ROW(&link::mtu, IFLA_MTU, u32, "mtu"),
    LINX_ROW(&link::qdisc, IFLA_QDISC, text, "").fleeting(),
    LINX_ROW(&link::state, IFLA_OPERSTATE, u8, "").says(state_words),
    LINX_ROW(&link::mode, IFLA_LINKMODE, u8, ""),
    LINX_ROW(&link::master, IFLA_MASTER, u32, "master"),
    LINX_ROW(&link::kind, IFLA_LINKINFO, kind_wire, "").says(kind_words),
    LINX_ROW(&link::data, IFLA_LINKINFO, data_wire, ""),
    LINX_ROW(&link::port, IFLA_LINKINFO, port_wire, "port"),
    LINX_ROW(&link::xdp, IFLA_XDP, xdp_wire, "xdp"),
    LINX_ROW(&link::address, IFLA_ADDRESS, any_link_address, "address"),
    LINX_ROW(&link::broadcast, IFLA_BROADCAST, any_link_address, ""),
    LINX_ROW(&link::permanent_address, IFLA_PERM_ADDRESS, any_link_address, ""),
    LINX_ROW(&link::lower_netns, IFLA_LINK_NETNSID, s32, "link-netnsid"),
    LINX_ROW(&link::alias, IFLA_IFALIAS, text, "alias"),
    LINX_ROW(&link::alternative_names, IFLA_PROP_LIST, alternative_names_wire, "altname"),
    LINX_ROW(&link::tx_queue_length, IFLA_TXQLEN, u32, ""),
    LINX_ROW(&link::group, IFLA_GROUP, u32, ""),
    LINX_ROW(&link::min_mtu, IFLA_MIN_MTU, u32, ""),
    LINX_ROW(&link::max_mtu, IFLA_MAX_MTU, u32, ""),
    LINX_ROW(&link::promiscuity, IFLA_PROMISCUITY, u32, ""),
    LINX_ROW(&link::all_multicast, IFLA_ALLMULTI, u32, ""),
    LINX_ROW(&link::tx_queues, IFLA_NUM_TX_QUEUES, u32, ""),
    LINX_ROW(&link::rx_queues, IFLA_NUM_RX_QUEUES, u32, ""),
    LINX_ROW(&link::gso_max_size, IFLA_GSO_MAX_SIZE, u32, ""),
    LINX_ROW(&link::gso_max_segments, IFLA_GSO_MAX_SEGS, u32, ""),
    LINX_ROW(&link::gro_max_size, IFLA_GRO_MAX_SIZE, u32, ""),
    LINX_ROW(&link::tso_max_size, IFLA_TSO_MAX_SIZE, u32, ""),
    LINX_ROW(&link::tso_max_segments, IFLA_TSO_MAX_SEGS, u32, ""),
    LINX_ROW(&link::carrier, IFLA_CARRIER, u8, ""),
    LINX_ROW(&link::carrier_changes, IFLA_CARRIER_CHANGES, u32, ""),
    LINX_ROW(&link::protocol_down, IFLA_PROTO_DOWN, u8, ""),
    LINX_ROW(&link::ipv6_addresses, IFLA_AF_SPEC, ipv6_wire, "").fleeting()};

using link_table = object_table<ifinfomsg, link_rows, describe_link>;

} // namespace

std::string_view to_string(xdp_mode mode) noexcept
{
  constexpr std::string_view names[] = {"none", "driver", "generic", "hardware", "several"};
  const auto n = static_cast<std::size_t>(mode);
  return n < std::size(names) ? names[n] : "unknown";
}

std::string_view to_string(address_generation how) noexcept
{
  // the words of ip-link(8)
  constexpr std::string_view names[] = {"eui64", "none", "stable_secret", "random"};
  const auto n = static_cast<std::size_t>(how);
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
  link_table::read(m, l);
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

bool operator==(const link& a, const link& b) noexcept
{
  return link_table::equal(a, b);
}

std::string to_string(const link& l)
{
  return link_table::words(l);
}

std::string to_string(const link_id& id)
{
  return id.index() != 0 ? '#' + std::to_string(id.index()) : id.name();
}

} // namespace linx::rtnl
