#include <linx/rtnl/neighbour_table.hpp>

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace linx::rtnl {

namespace {

std::chrono::milliseconds read_ms(const netlink::attribute& a) noexcept
{
  return std::chrono::milliseconds(static_cast<std::int64_t>(a.as<std::uint64_t>().value_or(0)));
}

neighbour_parameters read_parameters(const netlink::attributes& all) noexcept
{
  neighbour_parameters p;
  for (const auto a : all) {
    const auto number = a.as<std::uint32_t>().value_or(0);
    switch (a.type()) {
    case NDTPA_IFINDEX:
      p.link = number;
      break;
    case NDTPA_REFCNT:
      p.references = number;
      break;
    case NDTPA_REACHABLE_TIME:
      p.reachable = read_ms(a);
      break;
    case NDTPA_BASE_REACHABLE_TIME:
      p.base_reachable = read_ms(a);
      break;
    case NDTPA_RETRANS_TIME:
      p.retransmit = read_ms(a);
      break;
    case NDTPA_GC_STALETIME:
      p.gc_stale = read_ms(a);
      break;
    case NDTPA_DELAY_PROBE_TIME:
      p.delay_probe = read_ms(a);
      break;
    case NDTPA_ANYCAST_DELAY:
      p.anycast_delay = read_ms(a);
      break;
    case NDTPA_PROXY_DELAY:
      p.proxy_delay = read_ms(a);
      break;
    case NDTPA_LOCKTIME:
      p.lock = read_ms(a);
      break;
    case NDTPA_QUEUE_LEN:
      p.queue_packets = number;
      break;
    case NDTPA_QUEUE_LENBYTES:
      p.queue_bytes = number;
      break;
    case NDTPA_PROXY_QLEN:
      p.proxy_queue = number;
      break;
    case NDTPA_APP_PROBES:
      p.app_probes = number;
      break;
    case NDTPA_UCAST_PROBES:
      p.unicast_probes = number;
      break;
    case NDTPA_MCAST_PROBES:
      p.multicast_probes = number;
      break;
    case NDTPA_MCAST_REPROBES:
      p.multicast_reprobes = number;
      break;
    default:
      break;
    }
  }
  return p;
}

void read_statistics(const netlink::attribute& a, neighbour_usage& usage) noexcept
{
  const auto stats = a.as_struct<ndt_stats>();
  usage.allocations = stats.ndts_allocs;
  usage.destroyed = stats.ndts_destroys;
  usage.hash_grows = stats.ndts_hash_grows;
  usage.failed_resolutions = stats.ndts_res_failed;
  usage.lookups = stats.ndts_lookups;
  usage.hits = stats.ndts_hits;
  usage.forced_gc_runs = stats.ndts_forced_gc_runs;
  usage.table_fulls = stats.ndts_table_fulls;
}

} // namespace

std::optional<neighbour_table> neighbour_table::decode(const netlink::message_view& m)
{
  if (m.type() != RTM_NEWNEIGHTBL) return std::nullopt;
  const auto header = m.family_header<ndtmsg>();
  if (header.ndtm_family != AF_INET && header.ndtm_family != AF_INET6) return std::nullopt;

  neighbour_table table;
  table.family = header.ndtm_family == AF_INET ? net::family::v4 : net::family::v6;
  neighbour_usage usage;
  bool is_whole = false; // linux/neighbour.h: only the table itself has NDTA_CONFIG
  for (const auto a : m.attributes_after<ndtmsg>()) {
    const auto number = a.as<std::uint32_t>().value_or(0);
    switch (a.type()) {
    case NDTA_NAME:
      table.name = a.as_string();
      break;
    case NDTA_PARMS:
      table.parameters = read_parameters(a.nested());
      break;
    case NDTA_THRESH1:
      usage.threshold1 = number;
      break;
    case NDTA_THRESH2:
      usage.threshold2 = number;
      break;
    case NDTA_THRESH3:
      usage.threshold3 = number;
      break;
    case NDTA_GC_INTERVAL:
      usage.gc_interval = read_ms(a);
      break;
    case NDTA_STATS:
      read_statistics(a, usage);
      break;
    case NDTA_CONFIG:
      usage.entries = a.as_struct<ndt_config>().ndtc_entries;
      is_whole = true;
      break;
    default:
      break;
    }
  }
  if (is_whole) table.usage = usage;
  return table;
}

std::string to_string(const neighbour_table& t)
{
  std::string text = t.name;
  const auto& p = t.parameters;
  if (p.link != 0) text += " dev " + std::to_string(p.link);
  if (t.usage) {
    text += " entries " + std::to_string(t.usage->entries) + " thresh " +
            std::to_string(t.usage->threshold1) + " " + std::to_string(t.usage->threshold2) + " " +
            std::to_string(t.usage->threshold3);
  }
  return text + " base_reachable " + std::to_string(p.base_reachable.count()) + " ms retrans " +
         std::to_string(p.retransmit.count()) + " ms gc_stale " + std::to_string(p.gc_stale.count()) + " ms";
}

} // namespace linx::rtnl
