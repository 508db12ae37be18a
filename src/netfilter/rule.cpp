#include <linx/netfilter/rule.hpp>

#include <linux/if_ether.h>
#include <linux/netfilter/nf_tables.h>

namespace linx::netfilter {

static_assert(static_cast<int>(expr::meta_key::nfproto) == NFT_META_NFPROTO &&
              static_cast<int>(expr::meta_key::l4proto) == NFT_META_L4PROTO);

rule& rule::add(expression single)
{
  expressions_.push_back(std::move(single));
  return *this;
}

rule& rule::comment(std::string text)
{
  comment_ = std::move(text);
  return *this;
}

rule& rule::handle(std::uint64_t number) noexcept
{
  handle_ = number;
  return *this;
}

rule& rule::position(std::uint64_t handle) noexcept
{
  position_ = handle;
  return *this;
}

void rule::append(const statement& word)
{
  if (fault_.empty()) fault_ = word.fault();
  if (const auto network = word.network()) {
    switch (family_) {
    case family::inet:
      require(expr::meta_key::nfproto, data::network(static_cast<std::uint8_t>(*network), 1));
      break;
    case family::bridge:
    case family::netdev:
      require(expr::meta_key::protocol, data::network(*network == family::ip ? ETH_P_IP : ETH_P_IPV6, 2));
      break;
    default:
      if (family_ != *network && fault_.empty())
        fault_.append("an ")
            .append(to_string(*network))
            .append(" match in a table of family ")
            .append(to_string(family_));
    }
  }
  if (const auto transport = word.transport()) require(expr::meta_key::l4proto, data::network(*transport, 1));
  for (const auto& e : word.expressions()) {
    expressions_.push_back(e);
    // "icmpx" stands for the ICMP of either family, and a table of one family does not know it
    // (net/ipv4/netfilter/nft_reject_ipv4.c takes "port unreachable" as ICMP code 3, ICMPv6 as code 4)
    auto* answer = std::get_if<expr::reject>(&expressions_.back());
    if (answer && answer->type == NFT_REJECT_ICMPX_UNREACH &&
        (family_ == family::ip || family_ == family::ip6))
      *answer = expr::reject(NFT_REJECT_ICMP_UNREACH, family_ == family::ip ? 3 : 4);
  }
}

void rule::require(expr::meta_key key, data value)
{
  const expr::cmp wanted(expr::compare::eq, value);
  for (std::size_t i = 0; i + 1 < expressions_.size(); ++i) {
    const auto* load = std::get_if<expr::meta>(&expressions_[i]);
    const auto* match = std::get_if<expr::cmp>(&expressions_[i + 1]);
    if (!load || load->sreg != 0 || load->key != key || !match || match->op != expr::compare::eq) continue;
    if (*match == wanted) return;
    if (fault_.empty()) fault_ = "its matches are of different protocols, so that no packet can pass it";
    return;
  }
  expressions_.push_back(expr::meta(key));
  expressions_.push_back(wanted);
}

std::string to_string(const rule& r)
{
  return to_string(r.expressions(), r.family());
}

} // namespace linx::netfilter
