#include <linx/rtnl/rule.hpp>

#include <limits>

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace linx::rtnl {

namespace {

constexpr std::uint32_t unset = std::numeric_limits<std::uint32_t>::max();

// An address that is shorter than its prefix says is another family's; the kernel sends none.
std::optional<net::subnet> read_network(const std::optional<net::ip>& address, unsigned char prefix,
                                        net::family family) noexcept
{
  if (address && address->family() == family) return net::subnet(*address, prefix);
  return std::nullopt;
}

std::optional<rule_range<std::uint16_t>> read_ports(const netlink::attribute& a) noexcept
{
  const auto range = a.as_struct<fib_rule_port_range>();
  return rule_range<std::uint16_t>(range.start, range.end);
}

template <class T>
std::string range_text(const rule_range<T>& range)
{
  const auto first = std::to_string(range.first);
  return range.first == range.last ? first : first + "-" + std::to_string(range.last);
}

std::string hex(std::uint32_t value)
{
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  do text.insert(text.begin(), digits[value & 15]);
  while ((value >>= 4) != 0);
  return "0x" + text;
}

std::string selectors(const rule& r)
{
  std::string text = r.inverted ? "not from " : "from ";
  text += r.source ? to_string(*r.source) : "all";
  if (r.destination) text += " to " + to_string(*r.destination);
  if (r.tos != 0) text += " tos " + hex(r.tos);
  if (r.mask != 0) {
    text += " fwmark " + hex(r.mark);
    if (r.mask != unset) text += "/" + hex(r.mask);
  }
  if (!r.input.empty()) text += " iif " + r.input;
  if (!r.output.empty()) text += " oif " + r.output;
  if (r.users) text += " uidrange " + range_text(*r.users);
  if (r.ip_protocol != 0) text += " ipproto " + std::to_string(r.ip_protocol);
  if (r.source_ports) text += " sport " + range_text(*r.source_ports);
  if (r.destination_ports) text += " dport " + range_text(*r.destination_ports);
  if (r.tunnel_id) text += " tun_id " + std::to_string(*r.tunnel_id);
  return text;
}

} // namespace

std::string_view to_string(rule_action action) noexcept
{
  switch (action) {
  case rule_action::unspecified:
    return "unspecified";
  case rule_action::lookup:
    return "lookup";
  case rule_action::go_to:
    return "goto";
  case rule_action::nop:
    return "nop";
  case rule_action::blackhole:
    return "blackhole";
  case rule_action::unreachable:
    return "unreachable";
  case rule_action::prohibit:
    return "prohibit";
  }
  return "unknown";
}

std::optional<rule> rule::decode(const netlink::message_view& m)
{
  if (m.type() != RTM_NEWRULE && m.type() != RTM_DELRULE) return std::nullopt;
  const auto header = m.family_header<fib_rule_hdr>();
  if (header.family != AF_INET && header.family != AF_INET6) return std::nullopt;

  rule r(header.family == AF_INET ? net::family::v4 : net::family::v6);
  r.priority = 0; // the kernel leaves it out
  r.tos = header.tos;
  r.table = header.table;
  r.action = static_cast<rule_action>(header.action);
  r.inverted = (header.flags & FIB_RULE_INVERT) != 0;
  r.flags = header.flags & ~std::uint32_t(FIB_RULE_INVERT);
  r.protocol = 0;
  std::optional<net::ip> source, destination;
  for (const auto a : m.attributes_after<fib_rule_hdr>()) {
    switch (a.type()) {
    case FRA_SRC:
      source = net::ip::from_bytes(a.payload());
      break;
    case FRA_DST:
      destination = net::ip::from_bytes(a.payload());
      break;
    case FRA_IIFNAME:
      r.input = a.as_string();
      break;
    case FRA_OIFNAME:
      r.output = a.as_string();
      break;
    case FRA_GOTO:
      r.target = a.as<std::uint32_t>().value_or(0);
      break;
    case FRA_PRIORITY:
      r.priority = a.as<std::uint32_t>().value_or(0);
      break;
    case FRA_FWMARK:
      r.mark = a.as<std::uint32_t>().value_or(0);
      break;
    case FRA_FWMASK:
      r.mask = a.as<std::uint32_t>().value_or(0);
      break;
    case FRA_TUN_ID:
      r.tunnel_id = a.as_be<std::uint64_t>();
      break;
    case FRA_TABLE:
      r.table = a.as<std::uint32_t>().value_or(r.table);
      break;
    case FRA_L3MDEV:
      r.l3mdev = a.as<std::uint8_t>().value_or(0) != 0;
      break;
    case FRA_PROTOCOL:
      r.protocol = a.as<std::uint8_t>().value_or(0);
      break;
    case FRA_IP_PROTO:
      r.ip_protocol = a.as<std::uint8_t>().value_or(0);
      break;
    case FRA_SPORT_RANGE:
      r.source_ports = read_ports(a);
      break;
    case FRA_DPORT_RANGE:
      r.destination_ports = read_ports(a);
      break;
    case FRA_UID_RANGE: {
      const auto range = a.as_struct<fib_rule_uid_range>();
      r.users = rule_range<std::uint32_t>(range.start, range.end);
      break;
    }
    case FRA_SUPPRESS_PREFIXLEN: // -1: none, which is sent as well
      if (const auto longest = a.as<std::uint32_t>(); longest != unset) r.suppress_prefix_length = longest;
      break;
    case FRA_SUPPRESS_IFGROUP:
      if (const auto group = a.as<std::uint32_t>(); group != unset) r.suppress_group = group;
      break;
    default:
      break;
    }
  }
  r.source = read_network(source, header.src_len, r.family);
  r.destination = read_network(destination, header.dst_len, r.family);
  return r;
}

std::string to_string(const rule& r)
{
  std::string text = (r.priority ? std::to_string(*r.priority) + ": " : "") + selectors(r);
  if (r.l3mdev)
    text += " lookup [l3mdev-table]";
  else if (r.action == rule_action::lookup)
    text += " lookup " + std::to_string(r.table);
  else if (r.action == rule_action::go_to)
    text += " goto " + std::to_string(r.target);
  else
    text += " " + std::string(to_string(r.action));
  if (r.suppress_prefix_length) text += " suppress_prefixlength " + std::to_string(*r.suppress_prefix_length);
  if (r.suppress_group) text += " suppress_ifgroup " + std::to_string(*r.suppress_group);
  if ((r.flags & FIB_RULE_UNRESOLVED) != 0) text += " [unresolved]";
  if ((r.flags & (FIB_RULE_IIF_DETACHED | FIB_RULE_OIF_DETACHED)) != 0) text += " [detached]";
  return text + " proto " + std::to_string(r.protocol);
}

bool rule_filter::matches(const rule& r) const noexcept
{
  if (family_ && r.family != *family_) return false;
  if (table_ && r.table != *table_) return false;
  if (protocol_ && r.protocol != *protocol_) return false;
  return !priority_ || r.priority == *priority_;
}

} // namespace linx::rtnl
