#include "netfilter/print_match.hpp"

#include "netfilter/header_field.hpp"
#include "netfilter/print_value.hpp"
#include "netfilter/quote.hpp"

#include <linux/netfilter/nf_tables.h>
#include <netinet/in.h>

#include <array>

namespace linx::netfilter::detail {

namespace {

/// Number of leading ones of a mask that is nothing but leading ones.
std::optional<std::size_t> ones(const data& mask) noexcept
{
  std::size_t count = 0;
  bool ended = false;
  for (const std::byte b : mask.bytes()) {
    for (int bit = 7; bit >= 0; --bit) {
      const bool set = (std::to_integer<unsigned>(b) >> bit & 1) != 0;
      if (set && ended) return std::nullopt;
      ended = ended || !set;
      count += set ? 1 : 0;
    }
  }
  return count;
}

std::string meta_value(expr::meta_key key, const data& value)
{
  switch (key) {
  case expr::meta_key::iifname:
  case expr::meta_key::oifname:
    return text_value(value, 16);
  case expr::meta_key::l4proto:
    return protocol_name(value.as_network());
  case expr::meta_key::nfproto:
    if (value.as_network() == static_cast<unsigned>(family::ip)) return "ipv4";
    return value.as_network() == static_cast<unsigned>(family::ip6) ? "ipv6"
                                                                    : std::to_string(value.as_network());
  case expr::meta_key::protocol:
    if (value.as_network() == 0x0800) return "ip";
    if (value.as_network() == 0x86dd) return "ip6";
    return value.as_network() == 0x0806 ? "arp" : hex(value.bytes());
  case expr::meta_key::mark:
  case expr::meta_key::priority:
    return hex(data::network(value.as_host(), 4).bytes());
  case expr::meta_key::iif:
  case expr::meta_key::oif:
  case expr::meta_key::length:
  case expr::meta_key::skuid:
  case expr::meta_key::skgid:
    return std::to_string(value.as_host());
  }
  return hex(value.bytes());
}

std::string_view sign(expr::compare op) noexcept
{
  switch (op) {
  case expr::compare::eq:
    return " ";
  case expr::compare::neq:
    return " != ";
  case expr::compare::lt:
    return " < ";
  case expr::compare::lte:
    return " <= ";
  case expr::compare::gt:
    return " > ";
  case expr::compare::gte:
    return " >= ";
  }
  return " ? ";
}

/// Whether the bits of the value are names of their own, tested by a mask (`ct state established,related`).
bool is_bitmask(const source& s) noexcept
{
  return s.kind == source::ct && (s.ct_key == expr::ct_key::state || s.ct_key == expr::ct_key::status);
}

} // namespace

source source::of(const expr::payload& p)
{
  source s;
  s.kind = payload;
  s.base = p.base;
  s.offset = p.offset;
  s.length = p.length;
  return s;
}

source source::of(const expr::meta& m)
{
  source s;
  s.kind = meta;
  s.meta_key = m.key;
  return s;
}

source source::of(const expr::ct& c)
{
  source s;
  s.kind = ct;
  s.ct_key = c.key;
  s.direction = c.direction;
  return s;
}

std::string meta_name(expr::meta_key key)
{
  switch (key) {
  case expr::meta_key::length:
    return "length";
  case expr::meta_key::protocol:
    return "protocol";
  case expr::meta_key::priority:
    return "priority";
  case expr::meta_key::mark:
    return "mark";
  case expr::meta_key::iif:
    return "iif";
  case expr::meta_key::oif:
    return "oif";
  case expr::meta_key::iifname:
    return "iifname";
  case expr::meta_key::oifname:
    return "oifname";
  case expr::meta_key::skuid:
    return "skuid";
  case expr::meta_key::skgid:
    return "skgid";
  case expr::meta_key::nfproto:
    return "nfproto";
  case expr::meta_key::l4proto:
    return "l4proto";
  }
  return std::to_string(static_cast<std::uint32_t>(key));
}

std::string ct_name(expr::ct_key key)
{
  switch (key) {
  case expr::ct_key::state:
    return "state";
  case expr::ct_key::direction:
    return "direction";
  case expr::ct_key::status:
    return "status";
  case expr::ct_key::mark:
    return "mark";
  }
  return std::to_string(static_cast<std::uint32_t>(key));
}

std::string source_text(const match_context& c, const source& s)
{
  std::string text;
  switch (s.kind) {
  case source::payload:
    if (const header_field* f = find_field(c, s)) {
      text = f->name;
    } else if (s.base == expr::base::transport && s.length == 2 && (s.offset == 0 || s.offset == 2)) {
      text = s.offset == 0 ? "th sport" : "th dport";
    } else {
      static constexpr std::array<const char*, 4> bases{"ll", "nh", "th", "ih"};
      const auto base = static_cast<std::uint32_t>(s.base);
      text.append("@").append(base < bases.size() ? bases[base] : std::to_string(base));
      text.append(",").append(std::to_string(std::uint64_t(s.offset) * 8));
      text.append(",").append(std::to_string(std::uint64_t(s.length) * 8));
    }
    break;
  case source::meta:
    switch (s.meta_key) {
    case expr::meta_key::iif:
    case expr::meta_key::oif:
    case expr::meta_key::iifname:
    case expr::meta_key::oifname:
      text = meta_name(s.meta_key);
      break;
    default:
      text = "meta " + meta_name(s.meta_key);
    }
    break;
  case source::ct:
    text = "ct ";
    if (s.direction >= 0) text += s.direction == 0 ? "original " : "reply ";
    text += ct_name(s.ct_key);
    break;
  case source::constant:
    text = hex(s.value.bytes());
    break;
  case source::mapped:
    text = s.text;
    break;
  case source::nothing:
    text = "[register]";
    break;
  }
  return text + s.operations;
}

std::string value_text(const match_context& c, const source& s, const data& value)
{
  switch (s.kind) {
  case source::payload:
    if (const header_field* f = find_field(c, s)) return field_text(*f, value);
    return s.base == expr::base::transport && s.length == 2 && (s.offset == 0 || s.offset == 2)
               ? std::to_string(value.as_network())
               : hex(value.bytes());
  case source::meta:
    return meta_value(s.meta_key, value);
  case source::ct:
    if (s.ct_key == expr::ct_key::state) return state_names(value.as_host());
    return hex(data::network(value.as_host(), 4).bytes());
  default:
    return hex(value.bytes());
  }
}

std::string match_text(const match_context& c, const source& s, expr::compare op, const data& value)
{
  std::string text = source_text(c, s);
  if (s.masked && s.operations.empty()) {
    if (is_bitmask(s) && value.is_zero() && op == expr::compare::neq)
      return text.append(" ").append(value_text(c, s, s.mask));
    if (is_bitmask(s) && value.is_zero() && op == expr::compare::eq)
      return text.append(" ! ").append(value_text(c, s, s.mask));
    const header_field* f = find_field(c, s);
    const auto prefix = ones(s.mask);
    if (f && f->shown == header_field::format::address && prefix && s.mask.size() == f->length &&
        value.size() == f->length)
      return text.append(sign(op)).append(address_text(value)).append("/").append(std::to_string(*prefix));
    const bool number = s.kind == source::meta || s.kind == source::ct;
    text.append(" & ").append(
        hex(number ? data::network(s.mask.as_host(), s.mask.size()).bytes() : s.mask.bytes()));
    return text.append(op == expr::compare::eq ? " == " : sign(op)).append(value_text(c, s, value));
  }
  return text.append(sign(op)).append(value_text(c, s, value));
}

bool names_its_protocol(const match_context& c, const source& s)
{
  return find_field(c, s) != nullptr;
}

bool names_its_network(const match_context& c, const source& s)
{
  const header_field* f = find_field(c, s);
  return f && ((f->transport == IPPROTO_ICMP && c.network == family::ip) ||
               (f->transport == IPPROTO_ICMPV6 && c.network == family::ip6));
}

} // namespace linx::netfilter::detail
