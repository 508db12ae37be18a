#include "netfilter/encode_expression.hpp"

#include <libnftnl/expr.h>
#include <linux/netfilter/nf_log.h>
#include <linux/netfilter/nf_tables.h>

#include <array>
#include <new>

namespace linx::netfilter::detail {

namespace {

struct free_expression {
  void operator()(nftnl_expr* e) const noexcept { nftnl_expr_free(e); }
};

/// One expression of libnftnl. Its setters fail only by allocation; the values were checked before.
class builder {
public:
  explicit builder(const char* name) : expr_(nftnl_expr_alloc(name))
  {
    if (!expr_) throw std::bad_alloc();
  }

  builder& u8(std::uint16_t what, std::uint8_t value)
  {
    nftnl_expr_set_u8(expr_.get(), what, value);
    return *this;
  }
  builder& u16(std::uint16_t what, std::uint16_t value)
  {
    nftnl_expr_set_u16(expr_.get(), what, value);
    return *this;
  }
  builder& u32(std::uint16_t what, std::uint32_t value)
  {
    nftnl_expr_set_u32(expr_.get(), what, value);
    return *this;
  }
  builder& u64(std::uint16_t what, std::uint64_t value)
  {
    nftnl_expr_set_u64(expr_.get(), what, value);
    return *this;
  }
  builder& bytes(std::uint16_t what, const data& value)
  {
    if (nftnl_expr_set(expr_.get(), what, value.bytes().data(), static_cast<std::uint32_t>(value.size())) < 0)
      throw std::bad_alloc();
    return *this;
  }
  builder& text(std::uint16_t what, const std::string& value)
  {
    if (nftnl_expr_set_str(expr_.get(), what, value.c_str()) < 0) throw std::bad_alloc();
    return *this;
  }

  void append_to(netlink::message_builder& request) const
  {
    // libnftnl writes without looking how much room there is. The longest expression is a lookup or a jump
    // with a name of NFT_NAME_MAXLEN bytes, or a range with two values of NFT_DATA_VALUE_MAXLEN: well below
    // half of this.
    alignas(nlmsghdr) std::array<std::byte, 2048> scratch{};
    auto* header = reinterpret_cast<nlmsghdr*>(scratch.data());
    header->nlmsg_len = sizeof(nlmsghdr);
    nftnl_expr_build_payload(header, expr_.get());
    request.append(std::span(scratch).subspan(sizeof(nlmsghdr), header->nlmsg_len - sizeof(nlmsghdr)));
  }

private:
  std::unique_ptr<nftnl_expr, free_expression> expr_;
};

template <class T>
std::uint32_t number(T enumerator) noexcept
{
  return static_cast<std::uint32_t>(enumerator);
}

builder build(const expr::payload& p)
{
  builder b("payload");
  b.u32(NFTNL_EXPR_PAYLOAD_BASE, number(p.base)).u32(NFTNL_EXPR_PAYLOAD_OFFSET, p.offset);
  b.u32(NFTNL_EXPR_PAYLOAD_LEN, p.length).u32(NFTNL_EXPR_PAYLOAD_DREG, p.dreg);
  return b;
}

builder build(const expr::meta& m)
{
  builder b("meta");
  b.u32(NFTNL_EXPR_META_KEY, number(m.key));
  if (m.sreg != 0)
    b.u32(NFTNL_EXPR_META_SREG, m.sreg);
  else
    b.u32(NFTNL_EXPR_META_DREG, m.dreg);
  return b;
}

builder build(const expr::ct& c)
{
  builder b("ct");
  b.u32(NFTNL_EXPR_CT_KEY, number(c.key));
  if (c.sreg != 0)
    b.u32(NFTNL_EXPR_CT_SREG, c.sreg);
  else
    b.u32(NFTNL_EXPR_CT_DREG, c.dreg);
  if (c.direction >= 0) b.u8(NFTNL_EXPR_CT_DIR, static_cast<std::uint8_t>(c.direction));
  return b;
}

builder build(const expr::bitwise& w)
{
  builder b("bitwise");
  b.u32(NFTNL_EXPR_BITWISE_SREG, w.sreg).u32(NFTNL_EXPR_BITWISE_DREG, w.dreg);
  b.u32(NFTNL_EXPR_BITWISE_OP, NFT_BITWISE_BOOL)
      .u32(NFTNL_EXPR_BITWISE_LEN, static_cast<std::uint32_t>(w.mask.size()));
  b.bytes(NFTNL_EXPR_BITWISE_MASK, w.mask).bytes(NFTNL_EXPR_BITWISE_XOR, w.flip);
  return b;
}

builder build(const expr::cmp& c)
{
  builder b("cmp");
  b.u32(NFTNL_EXPR_CMP_SREG, c.sreg).u32(NFTNL_EXPR_CMP_OP, number(c.op)).bytes(NFTNL_EXPR_CMP_DATA, c.value);
  return b;
}

builder build(const expr::range& r)
{
  builder b("range");
  b.u32(NFTNL_EXPR_RANGE_SREG, r.sreg);
  b.u32(NFTNL_EXPR_RANGE_OP, r.op == expr::compare::neq ? NFT_RANGE_NEQ : NFT_RANGE_EQ);
  b.bytes(NFTNL_EXPR_RANGE_FROM_DATA, r.from).bytes(NFTNL_EXPR_RANGE_TO_DATA, r.to);
  return b;
}

builder build(const expr::lookup& l)
{
  builder b("lookup");
  b.text(NFTNL_EXPR_LOOKUP_SET, l.set).u32(NFTNL_EXPR_LOOKUP_SREG, l.sreg);
  if (l.maps) b.u32(NFTNL_EXPR_LOOKUP_DREG, l.dreg);
  if (l.negated) b.u32(NFTNL_EXPR_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
  return b;
}

builder build(const expr::verdict& v)
{
  builder b("immediate");
  b.u32(NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT).u32(NFTNL_EXPR_IMM_VERDICT, number(v.code));
  if (!v.chain.empty()) b.text(NFTNL_EXPR_IMM_CHAIN, v.chain);
  return b;
}

builder build(const expr::immediate& i)
{
  builder b("immediate");
  b.u32(NFTNL_EXPR_IMM_DREG, i.dreg).bytes(NFTNL_EXPR_IMM_DATA, i.value);
  return b;
}

builder build(const expr::counter& c)
{
  builder b("counter");
  b.u64(NFTNL_EXPR_CTR_PACKETS, c.packets).u64(NFTNL_EXPR_CTR_BYTES, c.bytes);
  return b;
}

builder build(const expr::limit& l)
{
  builder b("limit");
  b.u64(NFTNL_EXPR_LIMIT_RATE, l.rate).u64(NFTNL_EXPR_LIMIT_UNIT, l.unit_seconds);
  b.u32(NFTNL_EXPR_LIMIT_BURST, l.burst);
  b.u32(NFTNL_EXPR_LIMIT_TYPE, l.counts_bytes ? NFT_LIMIT_PKT_BYTES : NFT_LIMIT_PKTS);
  b.u32(NFTNL_EXPR_LIMIT_FLAGS, l.inverted ? NFT_LIMIT_F_INV : 0);
  return b;
}

builder build(const expr::log& l)
{
  builder b("log");
  if (!l.prefix.empty()) b.text(NFTNL_EXPR_LOG_PREFIX, l.prefix);
  // the kernel takes either a group or a level (net/netfilter/nft_log.c, nft_log_init)
  if (l.to_group) {
    b.u16(NFTNL_EXPR_LOG_GROUP, l.group);
    if (l.snaplen != 0) b.u32(NFTNL_EXPR_LOG_SNAPLEN, l.snaplen);
    if (l.queue_threshold != 0) b.u16(NFTNL_EXPR_LOG_QTHRESHOLD, l.queue_threshold);
  } else {
    if (l.level != NFT_LOGLEVEL_WARNING) b.u32(NFTNL_EXPR_LOG_LEVEL, l.level);
    if (l.flags != 0) b.u32(NFTNL_EXPR_LOG_FLAGS, l.flags);
  }
  return b;
}

builder build(const expr::reject& r)
{
  builder b("reject");
  b.u32(NFTNL_EXPR_REJECT_TYPE, r.type).u8(NFTNL_EXPR_REJECT_CODE, r.code);
  return b;
}

/// libnftnl cannot carry what it does not know; the kernel's own bytes go back as they came.
void put_unknown(netlink::message_builder& request, const expr::unknown& u)
{
  request.put_string(NFTA_EXPR_NAME, u.name);
  const auto inside = request.nested(NFTA_EXPR_DATA);
  request.append(u.attributes);
}

std::string check_reference(std::string_view what, const std::string& name)
{
  std::string text(what);
  if (name.size() >= NFT_NAME_MAXLEN) return text += " is longer than 255 bytes";
  if (name.find('\0') != name.npos) return text += " has a NUL inside";
  return {};
}

std::string fault_in(const expression& e)
{
  if (const auto* v = std::get_if<expr::verdict>(&e)) {
    const bool leads = v->code == expr::verdict_code::jump || v->code == expr::verdict_code::goto_;
    if (leads && v->chain.empty()) return "a jump without a chain";
    return check_reference("the name of the chain that it jumps to", v->chain);
  }
  if (const auto* l = std::get_if<expr::lookup>(&e))
    return check_reference("the name of the set that it looks up", l->set);
  if (const auto* l = std::get_if<expr::log>(&e)) {
    if (l->prefix.size() >= NF_LOG_PREFIXLEN) return "the log prefix is longer than 127 bytes";
    return check_reference("the log prefix", l->prefix);
  }
  if (const auto* u = std::get_if<expr::unknown>(&e))
    return u->name.empty() ? "an expression without a name"
                           : check_reference("the name of an expression", u->name);
  return {};
}

} // namespace

std::string fault_of(const std::vector<expression>& all)
{
  for (const auto& e : all)
    if (auto fault = fault_in(e); !fault.empty()) return fault;
  return {};
}

void put_expressions(netlink::message_builder& request, std::uint16_t type,
                     const std::vector<expression>& all)
{
  const auto list = request.nested(type);
  for (const auto& e : all) {
    const auto one = request.nested(NFTA_LIST_ELEM);
    if (const auto* u = std::get_if<expr::unknown>(&e)) {
      put_unknown(request, *u);
    } else {
      std::visit(
          [&request](const auto& known) {
            if constexpr (!std::is_same_v<std::decay_t<decltype(known)>, expr::unknown>)
              build(known).append_to(request);
          },
          e);
    }
  }
}

} // namespace linx::netfilter::detail
