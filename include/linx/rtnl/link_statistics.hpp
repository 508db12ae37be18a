/// Counters of interfaces.
#pragma once

#include <linx/netlink/message.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace linx::rtnl {

/// The counters of one interface, as RTM_NEWSTATS describes them (Linux 4.7). A kernel that counts fewer
/// leaves 0.
///
/// Source: linux/if_link.h (struct rtnl_link_stats64, struct if_stats_msg).
class LINX_API link_statistics {
public:
  /// struct rtnl_link_stats64.
  class counters {
  public:
    counters() = default;
    std::uint64_t rx_packets = 0, tx_packets = 0;
    std::uint64_t rx_bytes = 0, tx_bytes = 0;
    std::uint64_t rx_errors = 0, tx_errors = 0;
    std::uint64_t rx_dropped = 0, tx_dropped = 0;
    std::uint64_t multicast = 0, collisions = 0;
    std::uint64_t rx_length_errors = 0, rx_over_errors = 0, rx_crc_errors = 0;
    std::uint64_t rx_frame_errors = 0, rx_fifo_errors = 0, rx_missed_errors = 0;
    std::uint64_t tx_aborted_errors = 0, tx_carrier_errors = 0, tx_fifo_errors = 0;
    std::uint64_t tx_heartbeat_errors = 0, tx_window_errors = 0;
    std::uint64_t rx_compressed = 0, tx_compressed = 0;
    std::uint64_t rx_nohandler = 0;         ///< Linux 4.6
    std::uint64_t rx_otherhost_dropped = 0; ///< Linux 5.19
    friend bool operator==(const counters&, const counters&) = default;
  };

  /// What a bridge counts of multicast protocols, and a bond of 802.3ad, comes as attributes of their own.
  class extended {
  public:
    extended() = default;
    std::uint16_t type = 0;       ///< LINK_XSTATS_TYPE_*
    std::vector<std::byte> bytes; ///< the attributes inside
    friend bool operator==(const extended&, const extended&) = default;
  };

  link_statistics() = default;

  /// Decodes RTM_NEWSTATS; nothing for any other message.
  static std::optional<link_statistics> decode(const netlink::message_view&);

  std::uint32_t link = 0; ///< index
  counters total;
  std::optional<counters> cpu_hit;     ///< of a switch port, what its processor saw
  std::vector<extended> of_link;       ///< IFLA_STATS_LINK_XSTATS: of a bridge or bond itself
  std::vector<extended> of_membership; ///< IFLA_STATS_LINK_XSTATS_SLAVE: of a port
  friend bool operator==(const link_statistics&, const link_statistics&) = default;
};

/// "2: rx 1200 bytes in 4 packets, 0 errors, 0 dropped; tx ..."
LINX_API std::string to_string(const link_statistics&);

} // namespace linx::rtnl
