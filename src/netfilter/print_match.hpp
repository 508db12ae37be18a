// The words of single matches and statements.
#pragma once

#include <linx/netfilter/expression.hpp>
#include <linx/netfilter/family.hpp>

#include <optional>
#include <string>

namespace linx::netfilter::detail {

/// What is known about the packet at some point of a rule.
struct match_context {
  netfilter::family family = family::unspec;
  std::optional<netfilter::family> network;
  std::optional<std::uint8_t> transport;
};

/// Where the content of a register came from.
struct source {
  enum origin { nothing, payload, meta, ct, constant, mapped };
  static source of(const expr::payload&);
  static source of(const expr::meta&);
  static source of(const expr::ct&);

  origin kind = nothing;
  expr::base base = expr::base::network;
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  expr::meta_key meta_key{};
  expr::ct_key ct_key{};
  std::int16_t direction = -1;
  std::uint32_t order = 0; ///< number of the load, 0 if it was none
  bool masked = false;
  data mask;
  data value;             ///< of a constant
  std::string text;       ///< of a map's result
  std::string operations; ///< bit operations that no word stands for
};

std::string meta_name(expr::meta_key);
std::string ct_name(expr::ct_key);

/// "tcp dport", "ip saddr", "meta mark", `@th,16,16`.
std::string source_text(const match_context&, const source&);
/// A value as it is written behind that source.
std::string value_text(const match_context&, const source&, const data&);
/// The whole comparison: `tcp dport != 22`, `ct state established,related`.
std::string match_text(const match_context&, const source&, expr::compare, const data&);

/// Whether the source's words say by themselves which protocol is meant ("tcp dport", "ip saddr").
bool names_its_protocol(const match_context&, const source&);
/// Whether they say which network protocol it is in ("icmp type" is IPv4).
bool names_its_network(const match_context&, const source&);

std::string limit_text(const expr::limit&);
std::string log_text(const expr::log&);
std::string reject_text(const match_context&, const expr::reject&);

} // namespace linx::netfilter::detail
