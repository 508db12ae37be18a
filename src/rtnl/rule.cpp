#include <linx/rtnl/rule.hpp>

#include "rtnl/encode_link.hpp"
#include "rtnl/encode_rule.hpp"
#include "rtnl/names.hpp"
#include "rtnl/newer_rtnetlink.hpp"
#include "rtnl/object_table.hpp"

#include <sys/socket.h>

namespace linx::rtnl {

namespace {

constexpr std::uint32_t unset = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint8_t every_dscp = 0x3f;
constexpr std::uint16_t every_port = 0xffff;

using state_of_rule = header<&fib_rule_hdr::flags, ~std::uint32_t(FIB_RULE_INVERT)>;
using inverts_rule = header_bit<&fib_rule_hdr::flags, FIB_RULE_INVERT>;
using suppressor = number_or_none<std::uint32_t, unset>;

bool has_mark(const rule& r)
{
  return r.mask != 0;
}
bool has_dscp_mask(const rule& r)
{
  return r.dscp && r.dscp_mask != every_dscp;
}
bool has_flow_label(const rule& r)
{
  return r.flow_label.has_value();
}
bool has_sport_mask(const rule& r)
{
  return r.source_ports && r.source_port_mask != every_port;
}
bool has_dport_mask(const rule& r)
{
  return r.destination_ports && r.destination_port_mask != every_port;
}
bool goes_to(const rule& r)
{
  return r.action == rule_action::go_to;
}

void priority_words(std::string& text, const rule& r)
{
  if (r.priority) text += std::to_string(*r.priority) + ": ";
}
void source_words(std::string& text, const rule& r)
{
  text += r.inverted ? "not from " : "from ";
  text += r.source ? to_string(*r.source) : "all";
}
void mark_words(std::string& text, const rule& r)
{
  if (r.mask == 0) return;
  text += " fwmark " + hex_words(r.mark);
  if (r.mask != unset) text += '/' + hex_words(r.mask);
}
void action_words(std::string& text, const rule& r)
{
  if (r.l3mdev)
    text += " lookup [l3mdev-table]";
  else if (r.action == rule_action::lookup)
    text += " lookup " + std::to_string(r.table);
  else if (r.action == rule_action::go_to)
    text += " goto " + std::to_string(r.target);
  else
    text += ' ' + std::string(to_string(r.action));
}
void flag_words(std::string& text, const rule& r)
{
  if ((r.flags & FIB_RULE_UNRESOLVED) != 0) text += " [unresolved]";
  if ((r.flags & (FIB_RULE_IIF_DETACHED | FIB_RULE_OIF_DETACHED)) != 0) text += " [detached]";
}

constexpr field<rule> rule_rows[] = {
    LINX_HEADER(&rule::family, header<&fib_rule_hdr::family>, ""),
    LINX_HEADER(&rule::inverted, inverts_rule, ""),
    LINX_ROW(&rule::priority, FRA_PRIORITY, u32, "").says(priority_words),
    LINX_ROW(&rule::source, FRA_SRC, prefix<&fib_rule_hdr::src_len>, "").says(source_words),
    LINX_ROW(&rule::destination, FRA_DST, prefix<&fib_rule_hdr::dst_len>, "to"),
    LINX_HEADER(&rule::tos, in_hex<header<&fib_rule_hdr::tos>>, "tos"),
    LINX_ROW(&rule::dscp, FRA_DSCP, u8, "dscp"),
    LINX_ROW(&rule::dscp_mask, FRA_DSCP_MASK, in_hex<u8>, "dscp_mask").when(has_dscp_mask),
    LINX_ROW(&rule::flow_label, FRA_FLOWLABEL, in_hex<be32>, "flowlabel"),
    LINX_ROW(&rule::flow_label_mask, FRA_FLOWLABEL_MASK, in_hex<be32>, "flowlabel_mask").when(has_flow_label),
    LINX_ROW(&rule::mark, FRA_FWMARK, u32, "").when(has_mark).says(mark_words),
    LINX_ROW(&rule::mask, FRA_FWMASK, u32, ""),
    LINX_ROW(&rule::input, FRA_IIFNAME, text, "iif"),
    LINX_ROW(&rule::output, FRA_OIFNAME, text, "oif"),
    LINX_ROW(&rule::users, FRA_UID_RANGE, range_wire<fib_rule_uid_range>, "uidrange"),
    LINX_ROW(&rule::ip_protocol, FRA_IP_PROTO, u8, "ipproto"),
    LINX_ROW(&rule::source_ports, FRA_SPORT_RANGE, range_wire<fib_rule_port_range>, "sport"),
    LINX_ROW(&rule::source_port_mask, FRA_SPORT_MASK, in_hex<u16>, "sport_mask").when(has_sport_mask),
    LINX_ROW(&rule::destination_ports, FRA_DPORT_RANGE, range_wire<fib_rule_port_range>, "dport"),
    LINX_ROW(&rule::destination_port_mask, FRA_DPORT_MASK, in_hex<u16>, "dport_mask").when(has_dport_mask),
    LINX_ROW(&rule::tunnel_id, FRA_TUN_ID, be64, "tun_id"),
    LINX_ROW(&rule::l3mdev, FRA_L3MDEV, u8, ""),
    LINX_ROW(&rule::table, FRA_TABLE, wide_number<&fib_rule_hdr::table>, ""),
    LINX_ROW(&rule::target, FRA_GOTO, u32, "").when(goes_to),
    LINX_HEADER(&rule::action, header<&fib_rule_hdr::action>, "").says(action_words),
    LINX_ROW(&rule::suppress_prefix_length, FRA_SUPPRESS_PREFIXLEN, suppressor, "suppress_prefixlength"),
    LINX_ROW(&rule::suppress_group, FRA_SUPPRESS_IFGROUP, suppressor, "suppress_ifgroup"),
    LINX_ROW(&rule::realm, FRA_FLOW, realms_wire, "realms"),
    LINX_HEADER(&rule::flags, state_of_rule, "").observed().says(flag_words),
    LINX_ROW(&rule::protocol, FRA_PROTOCOL, u8, "proto").to_add(),
    LINX_BY_HAND(rule, FRA_PAD)};

std::string describe_rule(std::span<const std::byte> request)
{
  const auto m = netlink::detail::first_message(request);
  auto r = rule::decode(m);
  if (!r) return {};
  // a request may leave it to the kernel
  if (!m.attributes_after<fib_rule_hdr>().find(FRA_PRIORITY)) r->priority.reset();
  return "rule " + to_string(*r);
}

using rules = object_table<fib_rule_hdr, rule_rows, describe_rule>;

result<> check(const rule& r)
{
  const auto fits = [&r](const std::optional<net::subnet>& n) { return !n || n->family() == r.family; };
  if (!fits(r.source) || !fits(r.destination))
    return error::argument("rule " + to_string(r) + ": a network is of the other family");
  for (const auto& name : {r.input, r.output}) {
    if (name.empty()) continue;
    BOOST_OUTCOME_TRYV(check_link_name(name));
  }
  return success();
}

} // namespace

constexpr netlink::attribute_names rule_names = rules::names;

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

std::string to_string(const realms& both)
{
  return (both.from != 0 ? std::to_string(both.from) + '/' : "") + std::to_string(both.to);
}

std::optional<rule> rule::decode(const netlink::message_view& m)
{
  if (m.type() != RTM_NEWRULE && m.type() != RTM_DELRULE) return std::nullopt;
  const auto family = m.family_header<fib_rule_hdr>().family;
  if (family != AF_INET && family != AF_INET6) return std::nullopt;

  rule r;
  r.priority = 0; // the kernel leaves it out
  r.protocol = 0;
  rules::read(m, r);
  // An address that is shorter than its prefix says is another family's; the kernel sends none.
  if (r.source && r.source->family() != r.family) r.source.reset();
  if (r.destination && r.destination->family() != r.family) r.destination.reset();
  // none of a range
  if (r.source_port_mask == 0) r.source_port_mask = every_port;
  if (r.destination_port_mask == 0) r.destination_port_mask = every_port;
  return r;
}

std::string to_string(const rule& r)
{
  return rules::words(r);
}

bool rule_filter::matches(const rule& r) const noexcept
{
  if (family_ && r.family != *family_) return false;
  if (table_ && r.table != *table_) return false;
  if (protocol_ && r.protocol != *protocol_) return false;
  return !priority_ || r.priority == *priority_;
}

result<netlink::message_builder> encode_new(const rule& r, std::uint16_t flags)
{
  BOOST_OUTCOME_TRYV(check(r));
  return rules::request(RTM_NEWRULE, flags, r, sending::to_add);
}

result<netlink::message_builder> encode_remove(const rule& r)
{
  BOOST_OUTCOME_TRYV(check(r));
  return rules::request(RTM_DELRULE, 0, r);
}

result<netlink::message_builder> encode_remove_of_protocol(const rule& r)
{
  BOOST_OUTCOME_TRY(auto m, encode_remove(r));
  if (r.protocol != 0) m.put_u8(FRA_PROTOCOL, r.protocol);
  return m;
}

netlink::message_builder encode_list(const rule_filter& f)
{
  fib_rule_hdr header{};
  if (f.family()) header.family = static_cast<std::uint8_t>(*f.family());
  netlink::message_builder m(RTM_GETRULE, 0, header);
  m.set_names(rule_names);
  return m;
}

} // namespace linx::rtnl
