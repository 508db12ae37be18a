#include "netfilter/decode.hpp"

#include <linux/netfilter/nf_tables.h>

#include <initializer_list>

// Each reader takes an expression only if it understands all of it: an attribute that it does not know may
// change what the rule means (an offset's meaning, a set flag), so the whole expression is kept as bytes
// then.

namespace linx::netfilter::detail {

namespace {

using netlink::attribute;
using netlink::attributes;

/// The attributes of one expression, looked up by type.
class expression_reader {
public:
  explicit expression_reader(const attributes& all) noexcept : all_(all) {}

  /// True if there is nothing else than these and padding.
  bool only(std::initializer_list<std::uint16_t> types) const noexcept
  {
    for (const attribute a : all_) {
      bool known = false;
      for (const auto type : types) known = known || a.type() == type;
      if (!known) return false;
    }
    return true;
  }

  template <class T>
  bool number(std::uint16_t type, T& to) const noexcept
  {
    const auto a = all_.find(type);
    const auto value = a ? a->as_be<T>() : std::nullopt;
    if (value) to = *value;
    return value.has_value();
  }

  /// True unless the attribute is there and is not a number of that size.
  template <class T>
  bool optional_number(std::uint16_t type, T& to) const noexcept
  {
    return !all_.find(type) || number(type, to);
  }

  template <class Enum>
  bool enumerator(std::uint16_t type, Enum& to) const noexcept
  {
    std::uint32_t value = 0;
    if (!number(type, value)) return false;
    to = static_cast<Enum>(value);
    return true;
  }

  /// A value in NFTA_DATA_VALUE; false if it is longer than a register can be, or a verdict.
  bool value(std::uint16_t type, data& to) const noexcept
  {
    const auto a = all_.find(type);
    const auto inside = a ? a->nested().find(NFTA_DATA_VALUE) : std::nullopt;
    if (!inside || inside->payload().size() > data::max_size) return false;
    to = data(inside->payload());
    return true;
  }

  bool text(std::uint16_t type, std::string& to) const
  {
    const auto a = all_.find(type);
    if (a) to = a->as_string();
    return a.has_value();
  }

  std::optional<attribute> find(std::uint16_t type) const noexcept { return all_.find(type); }

private:
  attributes all_;
};

std::optional<expression> payload(const expression_reader& r)
{
  expr::payload p;
  if (!r.only({NFTA_PAYLOAD_DREG, NFTA_PAYLOAD_BASE, NFTA_PAYLOAD_OFFSET, NFTA_PAYLOAD_LEN}) ||
      !r.number(NFTA_PAYLOAD_DREG, p.dreg) || !r.enumerator(NFTA_PAYLOAD_BASE, p.base) ||
      !r.number(NFTA_PAYLOAD_OFFSET, p.offset) || !r.number(NFTA_PAYLOAD_LEN, p.length))
    return std::nullopt;
  return p;
}

std::optional<expression> meta(const expression_reader& r)
{
  expr::meta m;
  if (!r.only({NFTA_META_DREG, NFTA_META_KEY, NFTA_META_SREG}) || !r.enumerator(NFTA_META_KEY, m.key))
    return std::nullopt;
  m.dreg = 0;
  if (!r.number(NFTA_META_SREG, m.sreg) && !r.number(NFTA_META_DREG, m.dreg)) return std::nullopt;
  return m;
}

std::optional<expression> ct(const expression_reader& r)
{
  expr::ct c;
  if (!r.only({NFTA_CT_DREG, NFTA_CT_KEY, NFTA_CT_DIRECTION, NFTA_CT_SREG}) ||
      !r.enumerator(NFTA_CT_KEY, c.key))
    return std::nullopt;
  c.dreg = 0;
  if (!r.number(NFTA_CT_SREG, c.sreg) && !r.number(NFTA_CT_DREG, c.dreg)) return std::nullopt;
  if (std::uint8_t direction = 0; r.number(NFTA_CT_DIRECTION, direction)) c.direction = direction;
  return c;
}

std::optional<expression> bitwise(const expression_reader& r)
{
  expr::bitwise b;
  std::uint32_t length = 0;
  std::uint32_t op = NFT_BITWISE_BOOL; // before 5.6 the kernel knew no other and did not say it
  if (!r.only({NFTA_BITWISE_SREG, NFTA_BITWISE_DREG, NFTA_BITWISE_LEN, NFTA_BITWISE_MASK, NFTA_BITWISE_XOR,
               NFTA_BITWISE_OP}) ||
      !r.number(NFTA_BITWISE_SREG, b.sreg) || !r.number(NFTA_BITWISE_DREG, b.dreg) ||
      !r.number(NFTA_BITWISE_LEN, length) || !r.optional_number(NFTA_BITWISE_OP, op) ||
      op != NFT_BITWISE_BOOL || !r.value(NFTA_BITWISE_MASK, b.mask) || !r.value(NFTA_BITWISE_XOR, b.flip) ||
      b.mask.size() != length || b.flip.size() != length)
    return std::nullopt;
  return b;
}

std::optional<expression> cmp(const expression_reader& r)
{
  expr::cmp c;
  if (!r.only({NFTA_CMP_SREG, NFTA_CMP_OP, NFTA_CMP_DATA}) || !r.number(NFTA_CMP_SREG, c.sreg) ||
      !r.enumerator(NFTA_CMP_OP, c.op) || c.op > expr::compare::gte || !r.value(NFTA_CMP_DATA, c.value))
    return std::nullopt;
  return c;
}

std::optional<expression> range(const expression_reader& g)
{
  expr::range r;
  std::uint32_t op = 0;
  if (!g.only({NFTA_RANGE_SREG, NFTA_RANGE_OP, NFTA_RANGE_FROM_DATA, NFTA_RANGE_TO_DATA}) ||
      !g.number(NFTA_RANGE_SREG, r.sreg) || !g.number(NFTA_RANGE_OP, op) || op > NFT_RANGE_NEQ ||
      !g.value(NFTA_RANGE_FROM_DATA, r.from) || !g.value(NFTA_RANGE_TO_DATA, r.to))
    return std::nullopt;
  r.op = op == NFT_RANGE_NEQ ? expr::compare::neq : expr::compare::eq;
  return r;
}

std::optional<expression> lookup(const expression_reader& r)
{
  expr::lookup l;
  std::uint32_t flags = 0;
  if (!r.only({NFTA_LOOKUP_SET, NFTA_LOOKUP_SREG, NFTA_LOOKUP_DREG, NFTA_LOOKUP_FLAGS}) ||
      !r.text(NFTA_LOOKUP_SET, l.set) || !r.number(NFTA_LOOKUP_SREG, l.sreg) ||
      !r.optional_number(NFTA_LOOKUP_FLAGS, flags) || (flags & ~NFT_LOOKUP_F_INV) != 0)
    return std::nullopt;
  l.maps = r.number(NFTA_LOOKUP_DREG, l.dreg);
  l.negated = (flags & NFT_LOOKUP_F_INV) != 0;
  return l;
}

std::optional<expression> immediate(const expression_reader& r)
{
  expr::immediate i;
  if (!r.only({NFTA_IMMEDIATE_DREG, NFTA_IMMEDIATE_DATA}) || !r.number(NFTA_IMMEDIATE_DREG, i.dreg))
    return std::nullopt;
  if (i.dreg != expr::verdict_register) {
    if (!r.value(NFTA_IMMEDIATE_DATA, i.value)) return std::nullopt;
    return i;
  }
  const auto content = r.find(NFTA_IMMEDIATE_DATA);
  const auto decision = content ? content->nested().find(NFTA_DATA_VERDICT) : std::nullopt;
  if (!decision) return std::nullopt;
  const expression_reader inside(decision->nested());
  expr::verdict v;
  std::uint32_t code = 0;
  if (!inside.only({NFTA_VERDICT_CODE, NFTA_VERDICT_CHAIN}) || !inside.number(NFTA_VERDICT_CODE, code))
    return std::nullopt;
  v.code = static_cast<expr::verdict_code>(static_cast<std::int32_t>(code));
  inside.text(NFTA_VERDICT_CHAIN, v.chain);
  return v;
}

std::optional<expression> counter(const expression_reader& r)
{
  expr::counter c;
  if (!r.only({NFTA_COUNTER_BYTES, NFTA_COUNTER_PACKETS, NFTA_COUNTER_PAD}) ||
      !r.number(NFTA_COUNTER_BYTES, c.bytes) || !r.number(NFTA_COUNTER_PACKETS, c.packets))
    return std::nullopt;
  return c;
}

std::optional<expression> limit(const expression_reader& r)
{
  expr::limit l;
  std::uint32_t type = NFT_LIMIT_PKTS;
  std::uint32_t flags = 0;
  if (!r.only({NFTA_LIMIT_RATE, NFTA_LIMIT_UNIT, NFTA_LIMIT_BURST, NFTA_LIMIT_TYPE, NFTA_LIMIT_FLAGS,
               NFTA_LIMIT_PAD}) ||
      !r.number(NFTA_LIMIT_RATE, l.rate) || !r.number(NFTA_LIMIT_UNIT, l.unit_seconds) ||
      !r.optional_number(NFTA_LIMIT_BURST, l.burst) || !r.optional_number(NFTA_LIMIT_TYPE, type) ||
      type > NFT_LIMIT_PKT_BYTES || !r.optional_number(NFTA_LIMIT_FLAGS, flags) ||
      (flags & ~NFT_LIMIT_F_INV) != 0)
    return std::nullopt;
  l.counts_bytes = type == NFT_LIMIT_PKT_BYTES;
  l.inverted = (flags & NFT_LIMIT_F_INV) != 0;
  return l;
}

std::optional<expression> log(const expression_reader& r)
{
  expr::log l;
  if (!r.only({NFTA_LOG_GROUP, NFTA_LOG_PREFIX, NFTA_LOG_SNAPLEN, NFTA_LOG_QTHRESHOLD, NFTA_LOG_LEVEL,
               NFTA_LOG_FLAGS}))
    return std::nullopt;
  r.text(NFTA_LOG_PREFIX, l.prefix);
  l.to_group = r.number(NFTA_LOG_GROUP, l.group);
  if (!r.optional_number(NFTA_LOG_SNAPLEN, l.snaplen) ||
      !r.optional_number(NFTA_LOG_QTHRESHOLD, l.queue_threshold) ||
      !r.optional_number(NFTA_LOG_LEVEL, l.level) || !r.optional_number(NFTA_LOG_FLAGS, l.flags))
    return std::nullopt;
  return l;
}

std::optional<expression> reject(const expression_reader& r)
{
  expr::reject answer;
  if (!r.only({NFTA_REJECT_TYPE, NFTA_REJECT_ICMP_CODE}) || !r.number(NFTA_REJECT_TYPE, answer.type) ||
      !r.optional_number(NFTA_REJECT_ICMP_CODE, answer.code))
    return std::nullopt;
  return answer;
}

struct known {
  std::string_view name;
  std::optional<expression> (*read)(const expression_reader&);
};

constexpr known readers[] = {
    {"payload", payload}, {"meta", meta},   {"ct", ct},         {"bitwise", bitwise},
    {"cmp", cmp},         {"range", range}, {"lookup", lookup}, {"immediate", immediate},
    {"counter", counter}, {"limit", limit}, {"log", log},       {"reject", reject}};

} // namespace

expression decode_expression(const netlink::attributes& element)
{
  const auto name = element.find(NFTA_EXPR_NAME);
  const auto content = element.find(NFTA_EXPR_DATA);
  expr::unknown rest;
  if (name) rest.name = name->as_string();
  if (content) {
    for (const auto& [known_name, read] : readers)
      if (rest.name == known_name)
        if (auto found = read(expression_reader(content->nested()))) return std::move(*found);
    rest.attributes.assign(content->payload().begin(), content->payload().end());
  }
  return rest;
}

std::vector<expression> decode_expressions(const netlink::attributes& list)
{
  std::vector<expression> all;
  for (const auto element : list)
    if (element.type() == NFTA_LIST_ELEM) all.push_back(decode_expression(element.nested()));
  return all;
}

} // namespace linx::netfilter::detail
