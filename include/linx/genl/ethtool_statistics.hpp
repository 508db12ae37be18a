/// The standard statistics of an Ethernet device.
#pragma once

#include <linx/genl/device.hpp>
#include <linx/netlink/message.hpp>

#include <optional>
#include <vector>

namespace linx::genl::ethtool {

/// A counter of a group, by its number there.
class counter {
public:
  counter() = default;
  counter(std::uint32_t i, std::uint64_t v) noexcept : index(i), value(v) {}

  std::uint32_t index = 0; ///< ETHTOOL_A_STATS_ETH_MAC_*, ...
  std::string name;        ///< the standard's: "FramesTransmittedOK"
  std::uint64_t value = 0;

  friend bool operator==(const counter&, const counter&) = default;
};

/// How many packets of a range of lengths there were.
class histogram_bucket {
public:
  histogram_bucket() = default;

  std::uint32_t low = 0; ///< bytes
  std::uint32_t high = 0;
  std::uint64_t packets = 0;

  friend bool operator==(const histogram_bucket&, const histogram_bucket&) = default;
};

/// Counters of one standard.
class statistics_group {
public:
  statistics_group() = default;

  std::uint32_t id = 0;         ///< ETHTOOL_STATS_*: 0 eth-phy, 1 eth-mac, 2 eth-ctrl, 3 rmon
  std::uint32_t string_set = 0; ///< names of its counters
  std::string name;             ///< "eth-mac"
  std::vector<counter> counters;
  std::vector<histogram_bucket> received, sent; ///< of rmon

  friend bool operator==(const statistics_group&, const statistics_group&) = default;
};

/// ETHTOOL_MSG_STATS_GET, Linux 5.13. A counter that the driver does not have is not there; the groups are,
/// empty.
class LINX_API statistics {
public:
  statistics() = default;

  /// Decodes a reply; nothing for any other message.
  static std::optional<statistics> decode(const netlink::message_view&);

  /// The value of a counter: ("eth-mac", "FramesReceivedOK").
  std::optional<std::uint64_t> find(std::string_view group, std::string_view counter) const noexcept;

  genl::device device;
  std::vector<statistics_group> groups;

  friend bool operator==(const statistics&, const statistics&) = default;
};

/// "v0: eth-mac FramesTransmittedOK 4 rmon 64-127 17"
LINX_API std::string to_string(const statistics&);

} // namespace linx::genl::ethtool
