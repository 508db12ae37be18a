// struct tcp_info as the kernel sends it.
#pragma once

#include <cstdint>

namespace linx::diag::detail {

// linux/tcp.h excludes netinet/tcp.h, which Asio includes, and whose own tcp_info ends at total_retrans.
// Hence the layout once more; fields that linx does not read have no name of their own.
struct tcp_info {
  std::uint8_t state, ca_state, retransmits, probes, backoff, options;
  std::uint8_t snd_wscale : 4, rcv_wscale : 4;
  std::uint8_t delivery_flags;
  std::uint32_t rto, ato, snd_mss, rcv_mss;
  std::uint32_t unacked, sacked, lost, retrans, fackets;
  std::uint32_t last_data_sent, last_ack_sent, last_data_recv, last_ack_recv;
  std::uint32_t pmtu, rcv_ssthresh, rtt, rttvar, snd_ssthresh, snd_cwnd, advmss, reordering;
  std::uint32_t rcv_rtt, rcv_space, total_retrans;
  std::uint64_t pacing_rate, max_pacing_rate, bytes_acked, bytes_received;
  std::uint32_t segs_out, segs_in, notsent_bytes, min_rtt, data_segs_in, data_segs_out;
  std::uint64_t delivery_rate, busy_time, rwnd_limited, sndbuf_limited;
  std::uint32_t delivered, delivered_ce;
  std::uint64_t bytes_sent, bytes_retrans;
  std::uint32_t dsack_dups, reord_seen, rcv_ooopack, snd_wnd;
};
static_assert(sizeof(tcp_info) == 232);

} // namespace linx::diag::detail
