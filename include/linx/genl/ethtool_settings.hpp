/// Rings, channels and interrupt coalescing of a network device.
#pragma once

#include <linx/genl/device.hpp>
#include <linx/netlink/message.hpp>

#include <optional>

namespace linx::genl::ethtool {

/// Sizes of the descriptor rings (ETHTOOL_MSG_RINGS_GET). What the driver does not tell is empty. To be set:
/// what is not empty, the maxima excepted.
class LINX_API rings {
public:
  rings() = default;

  /// Decodes a reply or a notification; nothing for any other message.
  static std::optional<rings> decode(const netlink::message_view&);

  genl::device device;
  std::optional<std::uint32_t> rx_max, rx_mini_max, rx_jumbo_max, tx_max; ///< entries
  std::optional<std::uint32_t> rx, rx_mini, rx_jumbo, tx;                 ///< entries
  std::optional<std::uint32_t> rx_buffer_length;                          ///< bytes; Linux 5.16
  std::optional<std::uint32_t> tcp_data_split; ///< ETHTOOL_TCP_DATA_SPLIT_*; Linux 5.17
  std::optional<std::uint32_t> cqe_size;       ///< bytes; Linux 5.18
  std::optional<bool> tx_push;                 ///< Linux 6.1

  friend bool operator==(const rings&, const rings&) = default;
};

/// Numbers of queues (ETHTOOL_MSG_CHANNELS_GET). To be set: what is not empty, the maxima excepted.
class LINX_API channels {
public:
  channels() = default;

  /// Decodes a reply or a notification; nothing for any other message.
  static std::optional<channels> decode(const netlink::message_view&);

  genl::device device;
  std::optional<std::uint32_t> rx_max, tx_max, other_max, combined_max;
  std::optional<std::uint32_t> rx, tx, other, combined;

  friend bool operator==(const channels&, const channels&) = default;
};

/// When the device interrupts (ETHTOOL_MSG_COALESCE_GET). What the driver does not support is empty, and is
/// refused when set. Times in microseconds.
class LINX_API coalescing {
public:
  coalescing() = default;

  /// Decodes a reply or a notification; nothing for any other message.
  static std::optional<coalescing> decode(const netlink::message_view&);

  genl::device device;
  std::optional<std::uint32_t> rx_usecs, rx_max_frames, rx_usecs_irq, rx_max_frames_irq;
  std::optional<std::uint32_t> tx_usecs, tx_max_frames, tx_usecs_irq, tx_max_frames_irq;
  std::optional<std::uint32_t> stats_block_usecs;
  std::optional<bool> adaptive_rx, adaptive_tx;
  std::optional<std::uint32_t> rate_low, rx_usecs_low, rx_max_frames_low, tx_usecs_low, tx_max_frames_low;
  std::optional<std::uint32_t> rate_high, rx_usecs_high, rx_max_frames_high, tx_usecs_high,
      tx_max_frames_high;
  std::optional<std::uint32_t> rate_sample_interval; ///< seconds
  std::optional<bool> cqe_mode_tx, cqe_mode_rx;      ///< Linux 5.15

  friend bool operator==(const coalescing&, const coalescing&) = default;
};

/// "v0: rx 256 tx 256": what is not empty, under the kernel's names.
LINX_API std::string to_string(const rings&);
LINX_API std::string to_string(const channels&);
LINX_API std::string to_string(const coalescing&);

} // namespace linx::genl::ethtool
