/// The tables that neighbours are kept in.
#pragma once

#include <linx/net/ip.hpp>
#include <linx/netlink/message.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace linx::rtnl {

/// How neighbours are resolved on a link, or by default (NDTPA_*). What the kernel did not send is zero.
class neighbour_parameters {
public:
  neighbour_parameters() = default;

  std::uint32_t link = 0; ///< index; 0: the defaults of links to come
  std::uint32_t references = 0;
  std::chrono::milliseconds reachable{}; ///< at the moment; chosen at random around the base
  std::chrono::milliseconds base_reachable{};
  std::chrono::milliseconds retransmit{};
  std::chrono::milliseconds gc_stale{};
  std::chrono::milliseconds delay_probe{};
  std::chrono::milliseconds anycast_delay{};
  std::chrono::milliseconds proxy_delay{};
  std::chrono::milliseconds lock{};
  std::uint32_t queue_packets = 0;
  std::uint32_t queue_bytes = 0;
  std::uint32_t proxy_queue = 0;
  std::uint32_t app_probes = 0;
  std::uint32_t unicast_probes = 0;
  std::uint32_t multicast_probes = 0;
  std::uint32_t multicast_reprobes = 0;

  friend bool operator==(const neighbour_parameters&, const neighbour_parameters&) = default;
};

/// What a table as a whole tells (NDTA_CONFIG, NDTA_STATS, the thresholds).
class neighbour_usage {
public:
  neighbour_usage() = default;

  std::uint32_t entries = 0;
  std::uint32_t threshold1 = 0; ///< below it nothing is collected
  std::uint32_t threshold2 = 0; ///< above it whatever is older than 5 s
  std::uint32_t threshold3 = 0; ///< the most that there are
  std::chrono::milliseconds gc_interval{};
  std::uint64_t allocations = 0;
  std::uint64_t destroyed = 0;
  std::uint64_t hash_grows = 0;
  std::uint64_t failed_resolutions = 0;
  std::uint64_t lookups = 0;
  std::uint64_t hits = 0;
  std::uint64_t forced_gc_runs = 0;
  std::uint64_t table_fulls = 0; ///< Linux 3.18

  friend bool operator==(const neighbour_usage&, const neighbour_usage&) = default;
};

/// A neighbour table, or what differs in it for one link: the kernel lists a table with its defaults, and
/// then one of these for each link (RTM_GETNEIGHTBL).
class LINX_API neighbour_table {
public:
  /// Decodes RTM_NEWNEIGHTBL; nothing for any other message, nor for a family that is not IP.
  static std::optional<neighbour_table> decode(const netlink::message_view&);

  net::family family = net::family::v4;
  std::string name; ///< "arp_cache", "ndisc_cache"
  neighbour_parameters parameters;
  std::optional<neighbour_usage> usage; ///< of the table, nothing for a link

  friend bool operator==(const neighbour_table&, const neighbour_table&) = default;
};

/// "arp_cache dev 2 base_reachable 30000 ms ..."
LINX_API std::string to_string(const neighbour_table&);

} // namespace linx::rtnl
