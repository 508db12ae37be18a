#include "request_rule.hpp"

#include <netinet/in.h>

namespace ip_tool {

namespace rtnl = linx::rtnl;
namespace net = linx::net;
using linx::error;
using linx::result;
using linx::success;

namespace {

using rule_clause = clause<rule_words>;

/// "A-B", or one number for both.
result<std::pair<std::uint32_t, std::uint32_t>> read_range(words& w, std::string_view what,
                                                           std::uint32_t largest)
{
  BOOST_OUTCOME_TRY(const auto text, w.next(what));
  const auto dash = std::ranges::find(text, '-');
  const auto first = number_of(std::string(text.begin(), dash), largest);
  const auto last = dash == text.end() ? first : number_of(std::string(dash + 1, text.end()), largest);
  if (!first || !last || *first > *last)
    return error::argument("\"" + text + "\" is no " + std::string(what) + ", nor a range of them");
  return std::pair(*first, *last);
}

/// "N" or "N/MASK"; without a mask all bits count.
result<std::pair<std::uint32_t, std::uint32_t>> read_masked(words& w, std::string_view what,
                                                            std::uint32_t largest)
{
  BOOST_OUTCOME_TRY(const auto text, w.next(what));
  const auto slash = std::ranges::find(text, '/');
  const auto value = number_of(std::string(text.begin(), slash), largest);
  const auto mask =
      slash == text.end() ? std::optional(largest) : number_of(std::string(slash + 1, text.end()), largest);
  if (!value || !mask) return error::argument("\"" + text + "\" is no " + std::string(what));
  return std::pair(*value, *mask);
}

/// "A-B", "N", "N/MASK"
template <auto Ports, auto Mask>
result<> read_ports(words& w, const link_names&, rule_words& r)
{
  if (w.peek().find('/') != w.peek().npos) {
    BOOST_OUTCOME_TRY(const auto port, read_masked(w, "port", UINT16_MAX));
    r.value.*Ports = rtnl::rule_range<std::uint16_t>(static_cast<std::uint16_t>(port.first));
    r.value.*Mask = static_cast<std::uint16_t>(port.second);
    return success();
  }
  BOOST_OUTCOME_TRY(const auto range, read_range(w, "port", UINT16_MAX));
  r.value.*Ports = rtnl::rule_range<std::uint16_t>(static_cast<std::uint16_t>(range.first),
                                                   static_cast<std::uint16_t>(range.second));
  return success();
}

template <auto Network>
result<> read_network(words& w, const link_names&, rule_words& r)
{
  BOOST_OUTCOME_TRY(const auto network, w.network(r.family));
  if (network && !network->is_default()) r.value.*Network = *network;
  return success();
}

template <auto Name>
result<> read_device(words& w, const link_names&, rule_words& r)
{
  BOOST_OUTCOME_TRY(r.value.*Name, w.next("interface"));
  return success();
}

result<> read_priority(words& w, const link_names&, rule_words& r)
{
  BOOST_OUTCOME_TRY(const auto priority, w.number("priority"));
  r.value.at(priority);
  return success();
}

result<> read_table(words& w, const link_names&, rule_words& r)
{
  BOOST_OUTCOME_TRY(const auto table, w.table());
  r.value.lookup(table);
  return success();
}

result<> read_tos(words& w, const link_names&, rule_words& r)
{
  BOOST_OUTCOME_TRY(const auto tos, w.type_of_service());
  r.value.with_tos(tos);
  return success();
}

result<> read_mark(words& w, const link_names&, rule_words& r)
{
  BOOST_OUTCOME_TRY(const auto mark, read_masked(w, "mark", UINT32_MAX));
  r.value.marked(mark.first, mark.second);
  return success();
}

result<> read_dscp(words& w, const link_names&, rule_words& r)
{
  BOOST_OUTCOME_TRY(const auto dscp, read_masked(w, "DSCP", 0x3f));
  r.value.with_dscp(static_cast<std::uint8_t>(dscp.first), static_cast<std::uint8_t>(dscp.second));
  return success();
}

result<> read_flow_label(words& w, const link_names&, rule_words& r)
{
  BOOST_OUTCOME_TRY(const auto label, read_masked(w, "flow label", 0xfffff));
  r.value.with_flow_label(label.first, label.second);
  return success();
}

result<> read_realms(words& w, const link_names&, rule_words& r)
{
  BOOST_OUTCOME_TRY(r.value.realm, w.realms());
  return success();
}

result<> read_longest_prefix(words& w, const link_names&, rule_words& r)
{
  BOOST_OUTCOME_TRY(const auto length, w.number("prefix length", 128));
  r.value.suppress_prefixes(length);
  return success();
}

result<> read_suppressed_group(words& w, const link_names&, rule_words& r)
{
  BOOST_OUTCOME_TRY(const auto group, w.group());
  r.value.suppress_links(group);
  return success();
}

template <rtnl::rule_action Action>
result<> read_action(words&, const link_names&, rule_words& r)
{
  r.value.act(Action);
  return success();
}

result<> read_protocol(words& w, const link_names&, rule_words& r)
{
  BOOST_OUTCOME_TRY(r.value.protocol, w.protocol());
  return success();
}

result<> read_ip_protocol(words& w, const link_names&, rule_words& r)
{
  constexpr std::pair<std::string_view, std::uint8_t> names[] = {
      {"icmp", IPPROTO_ICMP}, {"tcp", IPPROTO_TCP}, {"udp", IPPROTO_UDP}, {"sctp", IPPROTO_SCTP},
      {"gre", IPPROTO_GRE},   {"esp", IPPROTO_ESP}, {"ah", IPPROTO_AH},   {"ipv6-icmp", IPPROTO_ICMPV6}};
  BOOST_OUTCOME_TRY(const auto word, w.next("protocol"));
  const auto* const found = std::ranges::find(names, word, &std::pair<std::string_view, std::uint8_t>::first);
  const auto number =
      found != std::end(names) ? std::optional<std::uint32_t>(found->second) : number_of(word, UINT8_MAX);
  if (!number) return error::argument("\"" + word + "\" is no protocol above IP");
  r.value.with_ip_protocol(static_cast<std::uint8_t>(*number));
  return success();
}

constexpr rule_clause rule_parts[] = {
    {"from", &read_network<&rtnl::rule::source>},
    {"to", &read_network<&rtnl::rule::destination>},
    {"iif", &read_device<&rtnl::rule::input>},
    {"dev", &read_device<&rtnl::rule::input>, "iif"},
    {"oif", &read_device<&rtnl::rule::output>},
    {"sport", &read_ports<&rtnl::rule::source_ports, &rtnl::rule::source_port_mask>},
    {"dport", &read_ports<&rtnl::rule::destination_ports, &rtnl::rule::destination_port_mask>},
    {"ipproto", &read_ip_protocol},
    {"uidrange",
     [](words& w, const link_names&, rule_words& r) -> result<> {
       BOOST_OUTCOME_TRY(const auto range, read_range(w, "user", UINT32_MAX));
       r.value.of_users({range.first, range.second});
       return success();
     }},
    {"not",
     [](words&, const link_names&, rule_words& r) -> result<> {
       r.value.invert();
       return success();
     }},
    {"fwmark", &read_mark},
    {"tos", &read_tos},
    {"dsfield", &read_tos, "tos"},
    {"dscp", &read_dscp},
    {"flowlabel", &read_flow_label},
    {"realms", &read_realms},
    {"realm", &read_realms, "realms"},
    {"priority", &read_priority},
    {"preference", &read_priority, "priority"},
    {"pref", &read_priority, "priority"},
    {"prio", &read_priority, "priority"},
    {"order", &read_priority, "priority"},
    {"suppress_prefixlength", &read_longest_prefix},
    {"sup_pl", &read_longest_prefix, "suppress_prefixlength"},
    {"suppress_ifgroup", &read_suppressed_group},
    {"sup_group", &read_suppressed_group, "suppress_ifgroup"},
    {"protocol", &read_protocol},
    {"proto", &read_protocol, "protocol"},
    // what becomes of the packet is one thing
    {"table", &read_table, "action"},
    {"lookup", &read_table, "action"},
    {"goto",
     [](words& w, const link_names&, rule_words& r) -> result<> {
       BOOST_OUTCOME_TRY(const auto target, w.number("priority"));
       r.value.go_to(target);
       return success();
     },
     "action"},
    {"l3mdev",
     [](words&, const link_names&, rule_words& r) -> result<> {
       r.value.lookup_l3mdev();
       return success();
     },
     "action"},
    {"nop", &read_action<rtnl::rule_action::nop>, "action"},
    {"blackhole", &read_action<rtnl::rule_action::blackhole>, "action"},
    {"unreachable", &read_action<rtnl::rule_action::unreachable>, "action"},
    {"prohibit", &read_action<rtnl::rule_action::prohibit>, "action"},
};

} // namespace

result<bool> read_rule_part(words& w, rule_words& r)
{
  const link_names none; // a rule names interfaces that need not be there
  return read_clause(rule_parts, w, none, r.before, r);
}

result<rtnl::rule> read_rule(words& w, std::optional<net::family> family, bool is_removed)
{
  if (w.empty())
    return error::argument(is_removed ? "rule del needs to be told which: pref N, from NETWORK, table T, ..."
                                      : "rule add needs a selector or an action: from NETWORK, table T, ...");
  rtnl::rule begun;
  begun.protocol = 0; // of nobody, as ip(8)
  if (is_removed) begun.act(rtnl::rule_action::unspecified);
  rule_words r(std::move(begun), family);
  while (!w.empty()) {
    BOOST_OUTCOME_TRY(const bool is_part, read_rule_part(w, r));
    if (is_part) continue;
    BOOST_OUTCOME_TRYV(w.end());
  }
  r.value.family = r.family.value_or(net::family::v4);
  return std::move(r.value);
}

} // namespace ip_tool
