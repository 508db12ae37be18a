/// The instructions of the nf_tables machine, of which every rule is made.
///
/// Rules are written with the words of `statement.hpp`; these types are what those words become, what the
/// kernel lists, and what two rules are compared by. All of them are of the kernel's form
/// (linux/netfilter/nf_tables.h).
#pragma once

#include <linx/netfilter/data.hpp>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace linx::netfilter::expr {

/// Register numbers, `enum nft_registers`. 0 takes the verdict; 1 to 4 hold 16 bytes each, 8 to 23 hold 4.
using reg = std::uint32_t;
inline constexpr reg verdict_register = 0;
inline constexpr reg first_register = 1;

/// `enum nft_payload_bases`
enum class base : std::uint32_t { link = 0, network = 1, transport = 2, inner = 3 };

/// `enum nft_meta_keys`, as far as linx has words for them; other values stay what they are.
enum class meta_key : std::uint32_t {
  length = 0,
  protocol = 1,
  priority = 2,
  mark = 3,
  iif = 4,
  oif = 5,
  iifname = 6,
  oifname = 7,
  skuid = 10,
  skgid = 11,
  nfproto = 15,
  l4proto = 16,
};

/// `enum nft_ct_keys`
enum class ct_key : std::uint32_t { state = 0, direction = 1, status = 2, mark = 3 };

/// `enum nft_cmp_ops`
enum class compare : std::uint32_t { eq = 0, neq = 1, lt = 2, lte = 3, gt = 4, gte = 5 };

/// Loads bytes of the packet into a register, `NFTA_PAYLOAD_*`.
struct payload {
  payload() = default;
  payload(expr::base from, std::uint32_t at, std::uint32_t bytes) : base(from), offset(at), length(bytes) {}
  expr::base base = expr::base::network;
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  reg dreg = first_register;
  friend bool operator==(const payload&, const payload&) = default;
};

/// Loads a property of the packet that is not in it, or sets it from a register, `NFTA_META_*`.
struct meta {
  meta() = default;
  explicit meta(meta_key what) : key(what) {}
  meta_key key = meta_key::length;
  reg dreg = first_register;
  reg sreg = 0; ///< not 0: sets the key from this register
  friend bool operator==(const meta&, const meta&) = default;
};

/// Loads a property of the packet's connection, or sets it from a register, `NFTA_CT_*`.
struct ct {
  ct() = default;
  explicit ct(ct_key what) : key(what) {}
  ct_key key = ct_key::state;
  reg dreg = first_register;
  reg sreg = 0;                ///< not 0: sets the key from this register
  std::int16_t direction = -1; ///< -1: the key has none; 0 original, 1 reply
  friend bool operator==(const ct&, const ct&) = default;
};

/// Masks a register: (sreg & mask) ^ flip, `NFTA_BITWISE_*` with `NFT_BITWISE_MASK_XOR`.
struct bitwise {
  bitwise() = default;
  explicit bitwise(data keep) : mask(keep), flip(data::zeros(keep.size())) {}
  reg sreg = first_register;
  reg dreg = first_register;
  data mask;
  data flip;
  friend bool operator==(const bitwise&, const bitwise&) = default;
};

/// Goes on with the rule if the comparison holds, `NFTA_CMP_*`.
struct cmp {
  cmp() = default;
  cmp(compare how, data with) : op(how), value(with) {}
  reg sreg = first_register;
  compare op = compare::eq;
  data value;
  friend bool operator==(const cmp&, const cmp&) = default;
};

/// Goes on with the rule if the register is in (or not in) a range, both ends included, `NFTA_RANGE_*`.
struct range {
  range() = default;
  range(compare how, data low, data high) : op(how), from(low), to(high) {}
  reg sreg = first_register;
  compare op = compare::eq; ///< eq or neq
  data from;
  data to;
  friend bool operator==(const range&, const range&) = default;
};

/// Goes on with the rule if the register is in (or not in) a set; with a destination it is a map,
/// `NFTA_LOOKUP_*`.
struct lookup {
  lookup() = default;
  explicit lookup(std::string name) : set(std::move(name)) {}
  std::string set;
  reg sreg = first_register;
  bool maps = false; ///< loads the element's data into `dreg`
  reg dreg = 0;
  bool negated = false;
  friend bool operator==(const lookup&, const lookup&) = default;
};

/// What becomes of the packet, `enum nft_verdicts` and linux/netfilter.h.
enum class verdict_code : std::int32_t {
  drop = 0,
  accept = 1,
  queue = 3,
  continue_ = -1,
  break_ = -2,
  jump = -3,
  goto_ = -4,
  return_ = -5,
};

/// Ends the rule with a verdict, `NFTA_IMMEDIATE_*` into the verdict register.
struct verdict {
  verdict() = default;
  explicit verdict(verdict_code what, std::string to = {}) : code(what), chain(std::move(to)) {}
  verdict_code code = verdict_code::continue_;
  std::string chain; ///< of jump and goto
  friend bool operator==(const verdict&, const verdict&) = default;
};

/// Loads a constant into a register, `NFTA_IMMEDIATE_*`.
struct immediate {
  immediate() = default;
  immediate(reg to, data what) : dreg(to), value(what) {}
  reg dreg = first_register;
  data value;
  friend bool operator==(const immediate&, const immediate&) = default;
};

/// Counts, `NFTA_COUNTER_*`.
struct counter {
  counter() = default;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  friend bool operator==(const counter&, const counter&) = default;
};

/// Goes on with the rule as long as the rate is not exceeded, `NFTA_LIMIT_*`.
struct limit {
  limit() = default;
  std::uint64_t rate = 0;         ///< packets or bytes per `unit`
  std::uint64_t unit_seconds = 1; ///< 1, 60, 3600, 86400, 604800
  std::uint32_t burst = 0;
  bool counts_bytes = false;
  bool inverted = false; ///< goes on only above the rate
  friend bool operator==(const limit&, const limit&) = default;
};

/// Logs the packet, by syslog or to a netlink group, `NFTA_LOG_*`.
struct log {
  log() = default;
  std::string prefix;
  bool to_group = false;
  std::uint16_t group = 0;
  std::uint32_t level = 4; ///< of syslog, `NFT_LOGLEVEL_WARNING` if not said
  std::uint32_t snaplen = 0;
  std::uint16_t queue_threshold = 0;
  std::uint32_t flags = 0;
  friend bool operator==(const log&, const log&) = default;
};

/// Drops the packet and tells its sender, `NFTA_REJECT_*`.
struct reject {
  reject() = default;
  reject(std::uint32_t kind, std::uint8_t number) : type(kind), code(number) {}
  std::uint32_t type = 0; ///< `enum nft_reject_types`: ICMP, TCP reset, ICMP by either family
  std::uint8_t code = 0;
  friend bool operator==(const reject&, const reject&) = default;
};

/// An expression that this version of linx has no type for: its name and the bytes of `NFTA_EXPR_DATA`. Kept
/// as it is, so that a rule is never shown without a part of it, and can be pushed back.
struct unknown {
  unknown() = default;
  std::string name;
  std::vector<std::byte> attributes;
  friend bool operator==(const unknown&, const unknown&) = default;
};

} // namespace linx::netfilter::expr

namespace linx::netfilter {

using expression = std::variant<expr::unknown, expr::payload, expr::meta, expr::ct, expr::bitwise, expr::cmp,
                                expr::range, expr::lookup, expr::verdict, expr::immediate, expr::counter,
                                expr::limit, expr::log, expr::reject>;

/// The kernel's name of an expression: "payload", "immediate".
LINX_API std::string_view name_of(const expression&) noexcept;

} // namespace linx::netfilter
