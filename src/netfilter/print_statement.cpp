#include "netfilter/header_field.hpp"
#include "netfilter/quote.hpp"

#include <linux/netfilter/nf_tables.h>

#include <array>

namespace linx::netfilter::detail {

std::string limit_text(const expr::limit& l)
{
  std::string text = "limit rate ";
  if (l.inverted) text += "over ";
  text.append(std::to_string(l.rate)).append(l.counts_bytes ? " bytes/" : "/");
  switch (l.unit_seconds) {
  case 1:
    text += "second";
    break;
  case 60:
    text += "minute";
    break;
  case 3600:
    text += "hour";
    break;
  case 86400:
    text += "day";
    break;
  case 604800:
    text += "week";
    break;
  default:
    text.append(std::to_string(l.unit_seconds)).append("s");
  }
  if (l.burst != 0)
    text.append(" burst ").append(std::to_string(l.burst)).append(l.counts_bytes ? " bytes" : " packets");
  return text;
}

std::string log_text(const expr::log& l)
{
  std::string text = "log";
  if (!l.prefix.empty()) text.append(" prefix ").append(quoted(l.prefix));
  if (l.to_group) text.append(" group ").append(std::to_string(l.group));
  if (l.snaplen != 0) text.append(" snaplen ").append(std::to_string(l.snaplen));
  if (l.queue_threshold != 0) text.append(" queue-threshold ").append(std::to_string(l.queue_threshold));
  if (!l.to_group && l.level != NFT_LOGLEVEL_WARNING) {
    static constexpr std::array<const char*, NFT_LOGLEVEL_MAX + 1> levels{
        "emerg", "alert", "crit", "err", "warn", "notice", "info", "debug", "audit"};
    text.append(" level ").append(l.level < levels.size() ? levels[l.level] : std::to_string(l.level));
  }
  if (l.flags != 0) text.append(" flags ").append(std::to_string(l.flags));
  return text;
}

std::string reject_text(const match_context& c, const expr::reject& r)
{
  // the answer that nft(8) means when nothing is said
  const family network = network_of(c);
  if ((r.type == NFT_REJECT_ICMPX_UNREACH && r.code == NFT_REJECT_ICMPX_PORT_UNREACH &&
       c.family == family::inet) ||
      (r.type == NFT_REJECT_ICMP_UNREACH && network == family::ip && r.code == 3 && c.family == family::ip) ||
      (r.type == NFT_REJECT_ICMP_UNREACH && network == family::ip6 && r.code == 4 && c.family == family::ip6))
    return "reject";
  switch (r.type) {
  case NFT_REJECT_TCP_RST:
    return "reject with tcp reset";
  case NFT_REJECT_ICMPX_UNREACH:
    return "reject with icmpx " + std::to_string(r.code);
  case NFT_REJECT_ICMP_UNREACH:
    return std::string(network == family::ip6 ? "reject with icmpv6 " : "reject with icmp ") +
           std::to_string(r.code);
  default:
    return "[reject " + std::to_string(r.type) + " " + std::to_string(r.code) + "]";
  }
}

} // namespace linx::netfilter::detail
