/// Routing policy rules: which table a packet is looked up in.
#pragma once

#include <linx/net/subnet.hpp>
#include <linx/netlink/message.hpp>
#include <linx/rtnl/other_attributes.hpp>
#include <linx/rtnl/realms.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace linx::rtnl {

/// What a rule does; the numbers are those of linux/fib_rules.h (FR_ACT_*).
enum class rule_action : std::uint8_t {
  unspecified = 0,
  lookup = 1,
  go_to = 2,
  nop = 3,
  blackhole = 6,
  unreachable = 7,
  prohibit = 8,
};

LINX_API std::string_view to_string(rule_action) noexcept;

/// From `first` to `last`, both included.
template <class T>
class rule_range {
public:
  constexpr rule_range() noexcept = default;
  constexpr rule_range(T only) noexcept : first(only), last(only) {}
  constexpr rule_range(T from, T to) noexcept : first(from), last(to) {}

  T first{};
  T last{};

  friend bool operator==(const rule_range&, const rule_range&) = default;
};

/// A rule as RTM_NEWRULE describes it.
///
///     rule(net::family::v4).from("10.1.0.0/16"_subnet).lookup(100).at(1000)
///
/// The kernel knows a rule by all that it says: `remove_rule` takes the first that has everything that is
/// named.
/// Source: ip-rule(8), linux/fib_rules.h.
class LINX_API rule {
public:
  /// For all packets, to the main table.
  explicit rule(net::family of = net::family::v4) noexcept : family(of) {}

  rule& from(const net::subnet& network) & { return source = network, *this; }
  rule&& from(const net::subnet& network) && { return std::move(from(network)); }
  rule& to(const net::subnet& network) & { return destination = network, *this; }
  rule&& to(const net::subnet& network) && { return std::move(to(network)); }
  /// Came in by, goes out by an interface; "lo" is what this machine sends by itself.
  rule& in(std::string name) & { return input = std::move(name), *this; }
  rule&& in(std::string name) && { return std::move(in(std::move(name))); }
  rule& out(std::string name) & { return output = std::move(name), *this; }
  rule&& out(std::string name) && { return std::move(out(std::move(name))); }
  /// Has this firewall mark, where the mask has bits.
  rule& marked(std::uint32_t value, std::uint32_t bits = ~std::uint32_t(0)) &
  {
    return mark = value, mask = bits, *this;
  }
  rule&& marked(std::uint32_t value, std::uint32_t bits = ~std::uint32_t(0)) &&
  {
    return std::move(marked(value, bits));
  }
  rule& with_tos(std::uint8_t value) & { return tos = value, *this; }
  rule&& with_tos(std::uint8_t value) && { return std::move(with_tos(value)); }
  /// Has this code point, of 6 bits, where the mask has bits (Linux 6.12, with a mask 6.15). Instead of tos.
  rule& with_dscp(std::uint8_t value, std::uint8_t bits = 0x3f) &
  {
    return dscp = value, dscp_mask = bits, *this;
  }
  rule&& with_dscp(std::uint8_t value, std::uint8_t bits = 0x3f) &&
  {
    return std::move(with_dscp(value, bits));
  }
  /// IPv6, of 20 bits, where the mask has bits (Linux 6.14).
  rule& with_flow_label(std::uint32_t value, std::uint32_t bits = 0xfffff) &
  {
    return flow_label = value, flow_label_mask = bits, *this;
  }
  rule&& with_flow_label(std::uint32_t value, std::uint32_t bits = 0xfffff) &&
  {
    return std::move(with_flow_label(value, bits));
  }
  /// Sent by these users (Linux 4.10).
  rule& of_users(rule_range<std::uint32_t> range) & { return users = range, *this; }
  rule&& of_users(rule_range<std::uint32_t> range) && { return std::move(of_users(range)); }
  /// IPPROTO_* (Linux 4.17, as are the ports).
  rule& with_ip_protocol(std::uint8_t number) & { return ip_protocol = number, *this; }
  rule&& with_ip_protocol(std::uint8_t number) && { return std::move(with_ip_protocol(number)); }
  rule& from_ports(rule_range<std::uint16_t> range) & { return source_ports = range, *this; }
  rule&& from_ports(rule_range<std::uint16_t> range) && { return std::move(from_ports(range)); }
  rule& to_ports(rule_range<std::uint16_t> range) & { return destination_ports = range, *this; }
  rule&& to_ports(rule_range<std::uint16_t> range) && { return std::move(to_ports(range)); }
  /// For packets that do not match.
  rule& invert() & { return inverted = true, *this; }
  rule&& invert() && { return std::move(invert()); }

  rule& lookup(std::uint32_t number) & { return action = rule_action::lookup, table = number, *this; }
  rule&& lookup(std::uint32_t number) && { return std::move(lookup(number)); }
  /// In the table of the VRF that the packet's interface belongs to (Linux 4.8).
  rule& lookup_l3mdev() & { return action = rule_action::lookup, l3mdev = true, table = 0, *this; }
  rule&& lookup_l3mdev() && { return std::move(lookup_l3mdev()); }
  /// On with the rule of a higher priority number.
  rule& go_to(std::uint32_t other) & { return action = rule_action::go_to, target = other, table = 0, *this; }
  rule&& go_to(std::uint32_t other) && { return std::move(go_to(other)); }
  /// blackhole, unreachable, prohibit, nop.
  rule& act(rule_action what) & { return action = what, table = 0, *this; }
  rule&& act(rule_action what) && { return std::move(act(what)); }
  /// Lower is asked first. Without it the kernel takes the number before the lowest but 0.
  rule& at(std::uint32_t number) & { return priority = number, *this; }
  rule&& at(std::uint32_t number) && { return std::move(at(number)); }
  /// Drops a result whose prefix is that long or shorter: 0 ignores default routes.
  rule& suppress_prefixes(std::uint32_t longest) & { return suppress_prefix_length = longest, *this; }
  rule&& suppress_prefixes(std::uint32_t longest) && { return std::move(suppress_prefixes(longest)); }
  /// Drops a result that goes out by an interface of that group.
  rule& suppress_links(std::uint32_t group) & { return suppress_group = group, *this; }
  rule&& suppress_links(std::uint32_t group) && { return std::move(suppress_links(group)); }
  /// Marks what it takes with realms (IPv4).
  rule& in_realms(realms both) & { return realm = both, *this; }
  rule&& in_realms(realms both) && { return std::move(in_realms(both)); }

  /// Decodes RTM_NEWRULE and RTM_DELRULE; nothing for any other message, nor for a family that is not IP.
  static std::optional<rule> decode(const netlink::message_view&);

  net::family family;
  std::optional<std::uint32_t> priority;
  std::optional<net::subnet> source;
  std::optional<net::subnet> destination;
  std::string input;      ///< name of an interface, empty: any
  std::string output;     ///< name of an interface, empty: any
  std::uint32_t mark = 0; ///< compared where mask has bits
  std::uint32_t mask = 0;
  std::uint8_t tos = 0; ///< dsfield
  std::optional<std::uint8_t> dscp;
  std::uint8_t dscp_mask = 0x3f; ///< compared where it has bits
  std::optional<std::uint32_t> flow_label;
  std::uint32_t flow_label_mask = 0xfffff;
  std::uint8_t ip_protocol = 0;
  std::optional<rule_range<std::uint32_t>> users;
  std::optional<rule_range<std::uint16_t>> source_ports;
  std::optional<rule_range<std::uint16_t>> destination_ports;
  std::uint16_t source_port_mask = 0xffff;      ///< of a single port (Linux 6.15)
  std::uint16_t destination_port_mask = 0xffff; ///< of a single port (Linux 6.15)
  std::optional<std::uint64_t> tunnel_id;       ///< FRA_TUN_ID
  bool inverted = false;
  bool l3mdev = false;
  rule_action action = rule_action::lookup;
  std::uint32_t table = 254; ///< RT_TABLE_MAIN
  std::uint32_t target = 0;  ///< of go_to
  std::uint8_t protocol = 4; ///< who made it, RTPROT_*; RTPROT_STATIC (Linux 4.17)
  std::optional<std::uint32_t> suppress_prefix_length;
  std::optional<std::uint32_t> suppress_group;
  realms realm;
  other_attributes rest; ///< what linx does not know of it
  /// FIB_RULE_*; what the kernel says: the interface or the target of go_to is not there.
  std::uint32_t flags = 0;

  friend bool operator==(const rule&, const rule&) = default;
};

/// "1000: from 10.1.0.0/16 lookup 100"
LINX_API std::string to_string(const rule&);

/// Which rules are listed or flushed; all that is named has to fit.
class LINX_API rule_filter {
public:
  rule_filter() noexcept = default;
  rule_filter(net::family which) noexcept : family_(which) {}

  rule_filter& family(net::family which) noexcept { return family_ = which, *this; }
  rule_filter& table(std::uint32_t number) noexcept { return table_ = number, *this; }
  rule_filter& protocol(std::uint8_t number) noexcept { return protocol_ = number, *this; }
  rule_filter& priority(std::uint32_t number) noexcept { return priority_ = number, *this; }

  std::optional<net::family> family() const noexcept { return family_; }
  bool matches(const rule&) const noexcept;

private:
  std::optional<net::family> family_;
  std::optional<std::uint32_t> table_;
  std::optional<std::uint8_t> protocol_;
  std::optional<std::uint32_t> priority_;
};

} // namespace linx::rtnl
