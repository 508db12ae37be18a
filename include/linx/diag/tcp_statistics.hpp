/// What TCP knows about one connection.
#pragma once

#include <linx/core/config.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace linx::diag {

/// struct tcp_info of linux/tcp.h, tcp(7). What an older kernel does not send is 0; what a newer one appends
/// is left out.
class tcp_statistics {
public:
  LINX_API static tcp_statistics decode(std::span<const std::byte>) noexcept;

  std::uint8_t congestion_state = 0; ///< TCP_CA_*
  std::uint8_t retransmits = 0;      ///< unanswered retransmissions at present
  std::uint8_t probes = 0;
  std::uint8_t backoff = 0;
  std::uint8_t options = 0; ///< TCPI_OPT_*
  std::uint8_t send_window_scale = 0;
  std::uint8_t receive_window_scale = 0;

  std::chrono::microseconds retransmission_timeout{};
  std::chrono::microseconds ack_timeout{};
  std::chrono::microseconds round_trip{};
  std::chrono::microseconds round_trip_variance{};
  std::chrono::microseconds minimal_round_trip{};
  std::chrono::microseconds receive_round_trip{};
  std::chrono::milliseconds last_data_sent{}; ///< ago
  std::chrono::milliseconds last_data_received{};
  std::chrono::milliseconds last_ack_received{};

  std::uint32_t send_segment = 0; ///< bytes: snd_mss
  std::uint32_t receive_segment = 0;
  std::uint32_t advertised_segment = 0;
  std::uint32_t path_mtu = 0;
  std::uint32_t send_window = 0;     ///< bytes: snd_wnd, Linux 5.4
  std::uint32_t receive_space = 0;   ///< bytes
  std::uint32_t send_congestion = 0; ///< segments: snd_cwnd
  std::uint32_t send_threshold = 0;  ///< segments: snd_ssthresh
  std::uint32_t receive_threshold = 0;
  std::uint32_t reordering = 0;

  std::uint32_t unacknowledged = 0; ///< segments
  std::uint32_t selectively_acknowledged = 0;
  std::uint32_t lost = 0;
  std::uint32_t retransmitted = 0;       ///< segments, outstanding
  std::uint32_t total_retransmitted = 0; ///< segments, ever
  std::uint32_t delivered = 0;
  std::uint32_t unsent = 0; ///< bytes: notsent_bytes

  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_acknowledged = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t bytes_retransmitted = 0;
  std::uint32_t segments_sent = 0;
  std::uint32_t segments_received = 0;
  std::uint32_t data_segments_sent = 0;
  std::uint32_t data_segments_received = 0;
  std::uint64_t pacing_rate = 0;   ///< bytes per second
  std::uint64_t delivery_rate = 0; ///< bytes per second

  friend bool operator==(const tcp_statistics&, const tcp_statistics&) = default;
};

/// "rtt:0.05/0.02 rto:200 mss:32768 cwnd:10 bytes_acked:1 bytes_received:5 retrans:0/0": times in
/// milliseconds, as ss(8) prints them.
LINX_API std::string to_string(const tcp_statistics&);

} // namespace linx::diag
