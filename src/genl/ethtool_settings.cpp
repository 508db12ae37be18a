#include <linx/genl/ethtool_settings.hpp>

#include "genl/ethtool_encode.hpp"
#include "genl/ethtool_fields.hpp"

namespace linx::genl::ethtool {

namespace {

constexpr field<rings> ring_fields[] = {
    {ETHTOOL_A_RINGS_RX_MAX, "rx-max", &rings::rx_max, false},
    {ETHTOOL_A_RINGS_RX_MINI_MAX, "rx-mini-max", &rings::rx_mini_max, false},
    {ETHTOOL_A_RINGS_RX_JUMBO_MAX, "rx-jumbo-max", &rings::rx_jumbo_max, false},
    {ETHTOOL_A_RINGS_TX_MAX, "tx-max", &rings::tx_max, false},
    {ETHTOOL_A_RINGS_RX, "rx", &rings::rx},
    {ETHTOOL_A_RINGS_RX_MINI, "rx-mini", &rings::rx_mini},
    {ETHTOOL_A_RINGS_RX_JUMBO, "rx-jumbo", &rings::rx_jumbo},
    {ETHTOOL_A_RINGS_TX, "tx", &rings::tx},
    {ETHTOOL_A_RINGS_RX_BUF_LEN, "rx-buf-len", &rings::rx_buffer_length},
    {ETHTOOL_A_RINGS_TCP_DATA_SPLIT, "tcp-data-split", &rings::tcp_data_split, true, true},
    {ETHTOOL_A_RINGS_CQE_SIZE, "cqe-size", &rings::cqe_size},
    {ETHTOOL_A_RINGS_TX_PUSH, "tx-push", &rings::tx_push},
};

constexpr field<channels> channel_fields[] = {
    {ETHTOOL_A_CHANNELS_RX_MAX, "rx-max", &channels::rx_max, false},
    {ETHTOOL_A_CHANNELS_TX_MAX, "tx-max", &channels::tx_max, false},
    {ETHTOOL_A_CHANNELS_OTHER_MAX, "other-max", &channels::other_max, false},
    {ETHTOOL_A_CHANNELS_COMBINED_MAX, "combined-max", &channels::combined_max, false},
    {ETHTOOL_A_CHANNELS_RX_COUNT, "rx", &channels::rx},
    {ETHTOOL_A_CHANNELS_TX_COUNT, "tx", &channels::tx},
    {ETHTOOL_A_CHANNELS_OTHER_COUNT, "other", &channels::other},
    {ETHTOOL_A_CHANNELS_COMBINED_COUNT, "combined", &channels::combined},
};

constexpr field<coalescing> coalesce_fields[] = {
    {ETHTOOL_A_COALESCE_RX_USECS, "rx-usecs", &coalescing::rx_usecs},
    {ETHTOOL_A_COALESCE_RX_MAX_FRAMES, "rx-frames", &coalescing::rx_max_frames},
    {ETHTOOL_A_COALESCE_RX_USECS_IRQ, "rx-usecs-irq", &coalescing::rx_usecs_irq},
    {ETHTOOL_A_COALESCE_RX_MAX_FRAMES_IRQ, "rx-frames-irq", &coalescing::rx_max_frames_irq},
    {ETHTOOL_A_COALESCE_TX_USECS, "tx-usecs", &coalescing::tx_usecs},
    {ETHTOOL_A_COALESCE_TX_MAX_FRAMES, "tx-frames", &coalescing::tx_max_frames},
    {ETHTOOL_A_COALESCE_TX_USECS_IRQ, "tx-usecs-irq", &coalescing::tx_usecs_irq},
    {ETHTOOL_A_COALESCE_TX_MAX_FRAMES_IRQ, "tx-frames-irq", &coalescing::tx_max_frames_irq},
    {ETHTOOL_A_COALESCE_STATS_BLOCK_USECS, "stats-block-usecs", &coalescing::stats_block_usecs},
    {ETHTOOL_A_COALESCE_USE_ADAPTIVE_RX, "adaptive-rx", &coalescing::adaptive_rx},
    {ETHTOOL_A_COALESCE_USE_ADAPTIVE_TX, "adaptive-tx", &coalescing::adaptive_tx},
    {ETHTOOL_A_COALESCE_PKT_RATE_LOW, "pkt-rate-low", &coalescing::rate_low},
    {ETHTOOL_A_COALESCE_RX_USECS_LOW, "rx-usecs-low", &coalescing::rx_usecs_low},
    {ETHTOOL_A_COALESCE_RX_MAX_FRAMES_LOW, "rx-frames-low", &coalescing::rx_max_frames_low},
    {ETHTOOL_A_COALESCE_TX_USECS_LOW, "tx-usecs-low", &coalescing::tx_usecs_low},
    {ETHTOOL_A_COALESCE_TX_MAX_FRAMES_LOW, "tx-frames-low", &coalescing::tx_max_frames_low},
    {ETHTOOL_A_COALESCE_PKT_RATE_HIGH, "pkt-rate-high", &coalescing::rate_high},
    {ETHTOOL_A_COALESCE_RX_USECS_HIGH, "rx-usecs-high", &coalescing::rx_usecs_high},
    {ETHTOOL_A_COALESCE_RX_MAX_FRAMES_HIGH, "rx-frames-high", &coalescing::rx_max_frames_high},
    {ETHTOOL_A_COALESCE_TX_USECS_HIGH, "tx-usecs-high", &coalescing::tx_usecs_high},
    {ETHTOOL_A_COALESCE_TX_MAX_FRAMES_HIGH, "tx-frames-high", &coalescing::tx_max_frames_high},
    {ETHTOOL_A_COALESCE_RATE_SAMPLE_INTERVAL, "sample-interval", &coalescing::rate_sample_interval},
    {ETHTOOL_A_COALESCE_USE_CQE_MODE_TX, "cqe-mode-tx", &coalescing::cqe_mode_tx},
    {ETHTOOL_A_COALESCE_USE_CQE_MODE_RX, "cqe-mode-rx", &coalescing::cqe_mode_rx},
};

} // namespace

std::optional<rings> rings::decode(const netlink::message_view& m)
{
  if (!is_command(m, ETHTOOL_MSG_RINGS_GET_REPLY, ETHTOOL_MSG_RINGS_NTF)) return std::nullopt;
  return read_fields(m, ring_fields);
}

std::optional<channels> channels::decode(const netlink::message_view& m)
{
  if (!is_command(m, ETHTOOL_MSG_CHANNELS_GET_REPLY, ETHTOOL_MSG_CHANNELS_NTF)) return std::nullopt;
  return read_fields(m, channel_fields);
}

std::optional<coalescing> coalescing::decode(const netlink::message_view& m)
{
  if (!is_command(m, ETHTOOL_MSG_COALESCE_GET_REPLY, ETHTOOL_MSG_COALESCE_NTF)) return std::nullopt;
  return read_fields(m, coalesce_fields);
}

netlink::message_builder encode_set(const family& f, const genl::device& d, const rings& wanted)
{
  auto request = make_request(f, ETHTOOL_MSG_RINGS_SET, d);
  write_fields(request, wanted, ring_fields);
  return request;
}

netlink::message_builder encode_set(const family& f, const genl::device& d, const channels& wanted)
{
  auto request = make_request(f, ETHTOOL_MSG_CHANNELS_SET, d);
  write_fields(request, wanted, channel_fields);
  return request;
}

netlink::message_builder encode_set(const family& f, const genl::device& d, const coalescing& wanted)
{
  auto request = make_request(f, ETHTOOL_MSG_COALESCE_SET, d);
  write_fields(request, wanted, coalesce_fields);
  return request;
}

std::string to_string(const rings& r)
{
  return print_fields(r, ring_fields);
}

std::string to_string(const channels& c)
{
  return print_fields(c, channel_fields);
}

std::string to_string(const coalescing& c)
{
  return print_fields(c, coalesce_fields);
}

} // namespace linx::genl::ethtool
