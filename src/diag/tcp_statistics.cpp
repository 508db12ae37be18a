#include <linx/diag/tcp_statistics.hpp>

#include "diag/tcp_info.hpp"

#include <linx/netlink/attribute.hpp>

namespace linx::diag {

namespace {

// Milliseconds with three decimals at most.
std::string milliseconds(std::chrono::microseconds t)
{
  std::string text = std::to_string(t.count() / 1000);
  const auto rest = static_cast<unsigned>(t.count() % 1000);
  if (rest == 0) return text;
  std::string decimals = std::to_string(1000 + rest).substr(1);
  while (decimals.back() == '0') decimals.pop_back();
  return text + "." + decimals;
}

} // namespace

tcp_statistics tcp_statistics::decode(std::span<const std::byte> bytes) noexcept
{
  using std::chrono::microseconds;
  using std::chrono::milliseconds;
  const auto i = netlink::read_struct<detail::tcp_info>(bytes);
  tcp_statistics s;
  s.congestion_state = i.ca_state;
  s.retransmits = i.retransmits;
  s.probes = i.probes;
  s.backoff = i.backoff;
  s.options = i.options;
  s.send_window_scale = i.snd_wscale;
  s.receive_window_scale = i.rcv_wscale;
  s.retransmission_timeout = microseconds(i.rto);
  s.ack_timeout = microseconds(i.ato);
  s.round_trip = microseconds(i.rtt);
  s.round_trip_variance = microseconds(i.rttvar);
  s.minimal_round_trip = microseconds(i.min_rtt);
  s.receive_round_trip = microseconds(i.rcv_rtt);
  s.last_data_sent = milliseconds(i.last_data_sent);
  s.last_data_received = milliseconds(i.last_data_recv);
  s.last_ack_received = milliseconds(i.last_ack_recv);
  s.send_segment = i.snd_mss;
  s.receive_segment = i.rcv_mss;
  s.advertised_segment = i.advmss;
  s.path_mtu = i.pmtu;
  s.send_window = i.snd_wnd;
  s.receive_space = i.rcv_space;
  s.send_congestion = i.snd_cwnd;
  s.send_threshold = i.snd_ssthresh;
  s.receive_threshold = i.rcv_ssthresh;
  s.reordering = i.reordering;
  s.unacknowledged = i.unacked;
  s.selectively_acknowledged = i.sacked;
  s.lost = i.lost;
  s.retransmitted = i.retrans;
  s.total_retransmitted = i.total_retrans;
  s.delivered = i.delivered;
  s.unsent = i.notsent_bytes;
  s.bytes_sent = i.bytes_sent;
  s.bytes_acknowledged = i.bytes_acked;
  s.bytes_received = i.bytes_received;
  s.bytes_retransmitted = i.bytes_retrans;
  s.segments_sent = i.segs_out;
  s.segments_received = i.segs_in;
  s.data_segments_sent = i.data_segs_out;
  s.data_segments_received = i.data_segs_in;
  s.pacing_rate = i.pacing_rate;
  s.delivery_rate = i.delivery_rate;
  return s;
}

std::string to_string(const tcp_statistics& s)
{
  return "rtt:" + milliseconds(s.round_trip) + "/" + milliseconds(s.round_trip_variance) +
         " rto:" + milliseconds(s.retransmission_timeout) + " mss:" + std::to_string(s.send_segment) +
         " cwnd:" + std::to_string(s.send_congestion) +
         " bytes_acked:" + std::to_string(s.bytes_acknowledged) +
         " bytes_received:" + std::to_string(s.bytes_received) +
         " retrans:" + std::to_string(s.retransmitted) + "/" + std::to_string(s.total_retransmitted);
}

} // namespace linx::diag
