#include <linx/rtnl/link_statistics.hpp>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

namespace linx::rtnl {

namespace {

// The structure is a row of 64-bit counters to which kernels append; so is the class.
link_statistics::counters read_counters(const netlink::attribute& a) noexcept
{
  return a.as_struct<link_statistics::counters>();
}

static_assert(std::is_trivially_copyable_v<link_statistics::counters>);
static_assert(sizeof(link_statistics::counters) >= sizeof(rtnl_link_stats64));

std::vector<link_statistics::extended> read_extended(const netlink::attribute& a)
{
  std::vector<link_statistics::extended> all;
  for (const auto one : a.nested()) {
    auto& x = all.emplace_back();
    x.type = one.type();
    x.bytes.assign(one.payload().begin(), one.payload().end());
  }
  return all;
}

std::string words(std::uint64_t bytes, std::uint64_t packets, std::uint64_t errors, std::uint64_t dropped)
{
  return std::to_string(bytes) + " bytes in " + std::to_string(packets) + " packets, " +
         std::to_string(errors) + " errors, " + std::to_string(dropped) + " dropped";
}

} // namespace

std::optional<link_statistics> link_statistics::decode(const netlink::message_view& m)
{
  if (m.type() != RTM_NEWSTATS) return std::nullopt;
  link_statistics s;
  s.link = m.family_header<if_stats_msg>().ifindex;
  for (const auto a : m.attributes_after<if_stats_msg>()) {
    switch (a.type()) {
    case IFLA_STATS_LINK_64:
      s.total = read_counters(a);
      break;
    case IFLA_STATS_LINK_XSTATS:
      s.of_link = read_extended(a);
      break;
    case IFLA_STATS_LINK_XSTATS_SLAVE:
      s.of_membership = read_extended(a);
      break;
    case IFLA_STATS_LINK_OFFLOAD_XSTATS:
      if (const auto hit = a.nested().find(IFLA_OFFLOAD_XSTATS_CPU_HIT)) s.cpu_hit = read_counters(*hit);
      break;
    default:
      break;
    }
  }
  return s;
}

std::string to_string(const link_statistics& s)
{
  const auto& t = s.total;
  return std::to_string(s.link) + ": rx " + words(t.rx_bytes, t.rx_packets, t.rx_errors, t.rx_dropped) +
         "; tx " + words(t.tx_bytes, t.tx_packets, t.tx_errors, t.tx_dropped);
}

} // namespace linx::rtnl
