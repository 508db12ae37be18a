#include "rtnl/encode_rule.hpp"

#include "rtnl/encode_link.hpp"
#include "rtnl/names.hpp"
#include "rtnl/put.hpp"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include <limits>

namespace linx::rtnl {

namespace {

using netlink::message_builder;

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

void put_ports(message_builder& m, std::uint16_t type, const std::optional<rule_range<std::uint16_t>>& ports)
{
  if (ports) m.put_struct(type, fib_rule_port_range{ports->first, ports->last});
}

void put_selectors(message_builder& m, const rule& r)
{
  if (r.source && !r.source->is_default()) put_ip(m, FRA_SRC, r.source->address());
  if (r.destination && !r.destination->is_default()) put_ip(m, FRA_DST, r.destination->address());
  if (!r.input.empty()) m.put_string(FRA_IIFNAME, r.input);
  if (!r.output.empty()) m.put_string(FRA_OIFNAME, r.output);
  if (r.mask != 0) {
    m.put_u32(FRA_FWMARK, r.mark);
    m.put_u32(FRA_FWMASK, r.mask);
  }
  if (r.tunnel_id) m.put_be64(FRA_TUN_ID, *r.tunnel_id);
  if (r.users) m.put_struct(FRA_UID_RANGE, fib_rule_uid_range{r.users->first, r.users->last});
  if (r.ip_protocol != 0) m.put_u8(FRA_IP_PROTO, r.ip_protocol);
  put_ports(m, FRA_SPORT_RANGE, r.source_ports);
  put_ports(m, FRA_DPORT_RANGE, r.destination_ports);
}

result<message_builder> rule_message(std::uint16_t type, std::uint16_t flags, const rule& r)
{
  BOOST_OUTCOME_TRYV(check(r));
  fib_rule_hdr header{};
  header.family = static_cast<std::uint8_t>(r.family);
  header.src_len = static_cast<std::uint8_t>(r.source ? r.source->prefix() : 0);
  header.dst_len = static_cast<std::uint8_t>(r.destination ? r.destination->prefix() : 0);
  header.tos = r.tos;
  header.action = static_cast<std::uint8_t>(r.action);
  header.table = static_cast<std::uint8_t>(r.table < 256 ? r.table : RT_TABLE_UNSPEC);
  if (r.inverted) header.flags = FIB_RULE_INVERT;
  message_builder m(type, flags, header);
  m.set_names(rule_names);
  put_selectors(m, r);
  if (r.priority) m.put_u32(FRA_PRIORITY, *r.priority);
  if (r.table >= 256) m.put_u32(FRA_TABLE, r.table);
  if (r.l3mdev) m.put_u8(FRA_L3MDEV, 1);
  if (r.action == rule_action::go_to) m.put_u32(FRA_GOTO, r.target);
  if (r.suppress_prefix_length) m.put_u32(FRA_SUPPRESS_PREFIXLEN, *r.suppress_prefix_length);
  if (r.suppress_group) m.put_u32(FRA_SUPPRESS_IFGROUP, *r.suppress_group);
  return m;
}

} // namespace

result<message_builder> encode_new(const rule& r)
{
  BOOST_OUTCOME_TRY(auto m, rule_message(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, r));
  if (r.protocol != 0) m.put_u8(FRA_PROTOCOL, r.protocol);
  return m;
}

result<message_builder> encode_remove(const rule& r)
{
  return rule_message(RTM_DELRULE, 0, r);
}

message_builder encode_list(const rule_filter& f)
{
  fib_rule_hdr header{};
  if (f.family()) header.family = static_cast<std::uint8_t>(*f.family());
  message_builder m(RTM_GETRULE, 0, header);
  m.set_names(rule_names);
  return m;
}

} // namespace linx::rtnl
