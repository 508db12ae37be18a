/// The words of a rule: matches, statements and verdicts.
#pragma once

#include <linx/net/ip.hpp>
#include <linx/net/subnet.hpp>
#include <linx/netfilter/expression.hpp>
#include <linx/netfilter/family.hpp>

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace linx::netfilter {

class set;

/// One word of a rule, such as `tcp dport 22`: the expressions that it becomes, and what they depend on.
///
/// What a word depends on is written only when the rule's family leaves it open: in family inet a match on an
/// IPv4 address starts with `meta nfproto ipv4`, in family ip it does not. The expressions are those that
/// nft(8) makes of the same word, so that nft lists a rule of linx as a person would have written it.
class LINX_API statement {
public:
  explicit statement(expression single) { expressions_.push_back(std::move(single)); }
  explicit statement(std::vector<expression> all) : expressions_(std::move(all)) {}

  /// A statement that cannot be: pushing a rule with it fails with `stage::argument` and this text.
  static statement invalid(std::string why);

  statement& needs_network(family ip_or_ip6) noexcept;
  statement& needs_transport(std::uint8_t ip_protocol) noexcept;

  /// The opposite of a match with one comparison; anything else becomes invalid.
  friend LINX_API statement operator!(statement);

  const std::vector<expression>& expressions() const noexcept { return expressions_; }
  std::optional<family> network() const noexcept { return network_; }
  std::optional<std::uint8_t> transport() const noexcept { return transport_; }
  const std::string& fault() const noexcept { return fault_; }

private:
  std::vector<expression> expressions_;
  std::optional<family> network_;
  std::optional<std::uint8_t> transport_;
  std::string fault_;
};

/// Bits of a connection's state, `NFT_CT_STATE_BIT` of linux/netfilter/nf_conntrack_common.h.
enum class state : std::uint32_t { invalid = 1, established = 2, related = 4, new_ = 8, untracked = 64 };
constexpr state operator|(state a, state b) noexcept
{
  return static_cast<state>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b));
}

// matches

/// `ct state established,related`: true if the connection is in any of them.
LINX_API statement ct_state(state any_of);
/// `meta l4proto tcp`, by the number of linux/in.h (`IPPROTO_TCP`).
LINX_API statement l4proto(std::uint8_t ip_protocol);

/// `tcp dport 22`, `tcp dport 1024-2047` (both ends included), `tcp dport @ports`. Ports in host order.
LINX_API statement tcp_dport(std::uint16_t port);
LINX_API statement tcp_dport(std::uint16_t first, std::uint16_t last);
LINX_API statement tcp_dport(const set& ports);
LINX_API statement tcp_sport(std::uint16_t port);
LINX_API statement tcp_sport(std::uint16_t first, std::uint16_t last);
LINX_API statement udp_dport(std::uint16_t port);
LINX_API statement udp_dport(std::uint16_t first, std::uint16_t last);
LINX_API statement udp_dport(const set& ports);
LINX_API statement udp_sport(std::uint16_t port);
LINX_API statement udp_sport(std::uint16_t first, std::uint16_t last);

/// `iifname "eth0"`; a name that ends in `*` matches every interface that begins so.
LINX_API statement iifname(std::string_view name);
LINX_API statement oifname(std::string_view name);
/// `iif 1`: by index, which is faster, for interfaces that stay.
LINX_API statement iif(std::uint32_t index);
LINX_API statement oif(std::uint32_t index);

/// `ip saddr 10.0.0.1`, `ip6 saddr fe80::/10`, `ip saddr @blocked`: the address says which family is meant.
LINX_API statement saddr(const net::ip& address);
LINX_API statement saddr(const net::subnet& prefix);
LINX_API statement saddr(const set& addresses);
LINX_API statement daddr(const net::ip& address);
LINX_API statement daddr(const net::subnet& prefix);
LINX_API statement daddr(const set& addresses);

/// `icmp type 8`, `icmpv6 type 128` (linux/icmp.h, linux/icmpv6.h).
LINX_API statement icmp_type(std::uint8_t type);
LINX_API statement icmpv6_type(std::uint8_t type);
/// `meta mark 5`
LINX_API statement mark(std::uint32_t value);

// statements

LINX_API statement counter();
/// `limit rate 5/second burst 10 packets`; the unit is a second, minute, hour, day or week.
LINX_API statement limit(std::uint64_t packets, std::chrono::seconds per, std::uint32_t burst = 5);
/// `log prefix "..."`: to the kernel's log, at most 127 bytes of prefix.
LINX_API statement log(std::string prefix);
/// `log prefix "..." group 3`: to the readers of that nfnetlink_log group.
LINX_API statement log(std::string prefix, std::uint16_t group);
/// `reject`: answers with "port unreachable" of the packet's family.
LINX_API statement reject();
/// `reject with tcp reset`
LINX_API statement reject_with_tcp_reset();

// verdicts: the last word of a rule

LINX_API statement accept();
LINX_API statement drop();
LINX_API statement jump(std::string chain);
LINX_API statement goto_(std::string chain);
LINX_API statement return_();
LINX_API statement continue_();

} // namespace linx::netfilter
