#include "genl/ethtool_names.hpp"

#include "genl/ethtool_request.hpp"
#include "netlink/name_tables.hpp"

namespace linx::genl::ethtool {

namespace {

using netlink::attribute_names;
using entry = attribute_names::entry;

std::string_view what(std::uint8_t command) noexcept
{
  switch (command) {
  case ETHTOOL_MSG_STRSET_GET:
    return "strings";
  case ETHTOOL_MSG_LINKMODES_GET:
  case ETHTOOL_MSG_LINKMODES_SET:
    return "link modes";
  case ETHTOOL_MSG_LINKSTATE_GET:
    return "link state";
  case ETHTOOL_MSG_FEATURES_GET:
  case ETHTOOL_MSG_FEATURES_SET:
    return "features";
  case ETHTOOL_MSG_RINGS_GET:
  case ETHTOOL_MSG_RINGS_SET:
    return "rings";
  case ETHTOOL_MSG_CHANNELS_GET:
  case ETHTOOL_MSG_CHANNELS_SET:
    return "channels";
  case ETHTOOL_MSG_COALESCE_GET:
  case ETHTOOL_MSG_COALESCE_SET:
    return "coalescing";
  case ETHTOOL_MSG_STATS_GET:
    return "statistics";
  default:
    return "settings";
  }
}

std::string describe(std::span<const std::byte> request)
{
  const auto m = netlink::detail::first_message(request);
  const auto command = m.family_header<genlmsghdr>().cmd;
  const auto header = m.attributes_after<genlmsghdr>().find(header_of(command));
  const auto d = header ? read_device(*header) : device();
  const std::string of = d == device() ? std::string() : " of " + to_string(d);
  return "ethtool: " + std::string(what(command)) + of;
}

constexpr entry header_entries[] = {LINX_NAME(ETHTOOL_A_HEADER_DEV_INDEX),
                                    LINX_NAME(ETHTOOL_A_HEADER_DEV_NAME), LINX_NAME(ETHTOOL_A_HEADER_FLAGS)};
constexpr attribute_names header_names(0, header_entries);
constexpr entry bit_entries[] = {LINX_NAME(ETHTOOL_A_BITSET_BIT_INDEX), LINX_NAME(ETHTOOL_A_BITSET_BIT_NAME),
                                 LINX_NAME(ETHTOOL_A_BITSET_BIT_VALUE)};
constexpr attribute_names bit_names(0, bit_entries);
constexpr entry bits_entries[] = {LINX_NEST(ETHTOOL_A_BITSET_BITS_BIT, bit_names)};
constexpr attribute_names bits_names(0, bits_entries);
constexpr entry bitset_entries[] = {LINX_NAME(ETHTOOL_A_BITSET_NOMASK), LINX_NAME(ETHTOOL_A_BITSET_SIZE),
                                    LINX_NEST(ETHTOOL_A_BITSET_BITS, bits_names),
                                    LINX_NAME(ETHTOOL_A_BITSET_VALUE), LINX_NAME(ETHTOOL_A_BITSET_MASK)};
constexpr attribute_names bitset_names(0, bitset_entries);

constexpr entry stringset_entries[] = {LINX_NAME(ETHTOOL_A_STRINGSET_ID)};
constexpr attribute_names stringset_names(0, stringset_entries);
constexpr entry stringsets_entries[] = {LINX_NEST(ETHTOOL_A_STRINGSETS_STRINGSET, stringset_names)};
constexpr attribute_names stringsets_names(0, stringsets_entries);
constexpr entry strset_entries[] = {LINX_NEST(ETHTOOL_A_STRSET_HEADER, header_names),
                                    LINX_NEST(ETHTOOL_A_STRSET_STRINGSETS, stringsets_names)};
constexpr attribute_names strset_names(sizeof(genlmsghdr), strset_entries, describe);
constexpr entry statistics_entries[] = {LINX_NEST(ETHTOOL_A_STATS_HEADER, header_names),
                                        LINX_NEST(ETHTOOL_A_STATS_GROUPS, bitset_names)};
constexpr attribute_names statistics_names(sizeof(genlmsghdr), statistics_entries, describe);
constexpr entry link_state_entries[] = {LINX_NEST(ETHTOOL_A_LINKSTATE_HEADER, header_names)};
constexpr attribute_names link_state_names(sizeof(genlmsghdr), link_state_entries, describe);
constexpr entry link_modes_entries[] = {LINX_NEST(ETHTOOL_A_LINKMODES_HEADER, header_names),
                                        LINX_NAME(ETHTOOL_A_LINKMODES_AUTONEG),
                                        LINX_NEST(ETHTOOL_A_LINKMODES_OURS, bitset_names),
                                        LINX_NAME(ETHTOOL_A_LINKMODES_PEER),
                                        LINX_NAME(ETHTOOL_A_LINKMODES_SPEED),
                                        LINX_NAME(ETHTOOL_A_LINKMODES_DUPLEX),
                                        LINX_NAME(ETHTOOL_A_LINKMODES_MASTER_SLAVE_CFG),
                                        LINX_NAME(ETHTOOL_A_LINKMODES_MASTER_SLAVE_STATE),
                                        LINX_NAME(ETHTOOL_A_LINKMODES_LANES),
                                        LINX_NAME(ETHTOOL_A_LINKMODES_RATE_MATCHING)};
constexpr attribute_names link_modes_names(sizeof(genlmsghdr), link_modes_entries, describe);
constexpr entry features_entries[] = {
    LINX_NEST(ETHTOOL_A_FEATURES_HEADER, header_names), LINX_NAME(ETHTOOL_A_FEATURES_HW),
    LINX_NEST(ETHTOOL_A_FEATURES_WANTED, bitset_names), LINX_NAME(ETHTOOL_A_FEATURES_ACTIVE),
    LINX_NAME(ETHTOOL_A_FEATURES_NOCHANGE)};
constexpr attribute_names features_names(sizeof(genlmsghdr), features_entries, describe);
constexpr entry rings_entries[] = {LINX_NEST(ETHTOOL_A_RINGS_HEADER, header_names),
                                   LINX_NAME(ETHTOOL_A_RINGS_RX_MAX),
                                   LINX_NAME(ETHTOOL_A_RINGS_RX_MINI_MAX),
                                   LINX_NAME(ETHTOOL_A_RINGS_RX_JUMBO_MAX),
                                   LINX_NAME(ETHTOOL_A_RINGS_TX_MAX),
                                   LINX_NAME(ETHTOOL_A_RINGS_RX),
                                   LINX_NAME(ETHTOOL_A_RINGS_RX_MINI),
                                   LINX_NAME(ETHTOOL_A_RINGS_RX_JUMBO),
                                   LINX_NAME(ETHTOOL_A_RINGS_TX),
                                   LINX_NAME(ETHTOOL_A_RINGS_RX_BUF_LEN),
                                   LINX_NAME(ETHTOOL_A_RINGS_TCP_DATA_SPLIT),
                                   LINX_NAME(ETHTOOL_A_RINGS_CQE_SIZE),
                                   LINX_NAME(ETHTOOL_A_RINGS_TX_PUSH)};
constexpr attribute_names rings_names(sizeof(genlmsghdr), rings_entries, describe);
constexpr entry channels_entries[] = {LINX_NEST(ETHTOOL_A_CHANNELS_HEADER, header_names),
                                      LINX_NAME(ETHTOOL_A_CHANNELS_RX_MAX),
                                      LINX_NAME(ETHTOOL_A_CHANNELS_TX_MAX),
                                      LINX_NAME(ETHTOOL_A_CHANNELS_OTHER_MAX),
                                      LINX_NAME(ETHTOOL_A_CHANNELS_COMBINED_MAX),
                                      LINX_NAME(ETHTOOL_A_CHANNELS_RX_COUNT),
                                      LINX_NAME(ETHTOOL_A_CHANNELS_TX_COUNT),
                                      LINX_NAME(ETHTOOL_A_CHANNELS_OTHER_COUNT),
                                      LINX_NAME(ETHTOOL_A_CHANNELS_COMBINED_COUNT)};
constexpr attribute_names channels_names(sizeof(genlmsghdr), channels_entries, describe);
constexpr entry coalescing_entries[] = {
    LINX_NEST(ETHTOOL_A_COALESCE_HEADER, header_names), LINX_NAME(ETHTOOL_A_COALESCE_RX_USECS),
    LINX_NAME(ETHTOOL_A_COALESCE_RX_MAX_FRAMES),        LINX_NAME(ETHTOOL_A_COALESCE_RX_USECS_IRQ),
    LINX_NAME(ETHTOOL_A_COALESCE_RX_MAX_FRAMES_IRQ),    LINX_NAME(ETHTOOL_A_COALESCE_TX_USECS),
    LINX_NAME(ETHTOOL_A_COALESCE_TX_MAX_FRAMES),        LINX_NAME(ETHTOOL_A_COALESCE_TX_USECS_IRQ),
    LINX_NAME(ETHTOOL_A_COALESCE_TX_MAX_FRAMES_IRQ),    LINX_NAME(ETHTOOL_A_COALESCE_STATS_BLOCK_USECS),
    LINX_NAME(ETHTOOL_A_COALESCE_USE_ADAPTIVE_RX),      LINX_NAME(ETHTOOL_A_COALESCE_USE_ADAPTIVE_TX),
    LINX_NAME(ETHTOOL_A_COALESCE_PKT_RATE_LOW),         LINX_NAME(ETHTOOL_A_COALESCE_RX_USECS_LOW),
    LINX_NAME(ETHTOOL_A_COALESCE_RX_MAX_FRAMES_LOW),    LINX_NAME(ETHTOOL_A_COALESCE_TX_USECS_LOW),
    LINX_NAME(ETHTOOL_A_COALESCE_TX_MAX_FRAMES_LOW),    LINX_NAME(ETHTOOL_A_COALESCE_PKT_RATE_HIGH),
    LINX_NAME(ETHTOOL_A_COALESCE_RX_USECS_HIGH),        LINX_NAME(ETHTOOL_A_COALESCE_RX_MAX_FRAMES_HIGH),
    LINX_NAME(ETHTOOL_A_COALESCE_TX_USECS_HIGH),        LINX_NAME(ETHTOOL_A_COALESCE_TX_MAX_FRAMES_HIGH),
    LINX_NAME(ETHTOOL_A_COALESCE_RATE_SAMPLE_INTERVAL), LINX_NAME(ETHTOOL_A_COALESCE_USE_CQE_MODE_TX),
    LINX_NAME(ETHTOOL_A_COALESCE_USE_CQE_MODE_RX)};
constexpr attribute_names coalescing_names(sizeof(genlmsghdr), coalescing_entries, describe);

} // namespace

const attribute_names& names_of(std::uint8_t command) noexcept
{
  switch (command) {
  case ETHTOOL_MSG_STRSET_GET:
    return strset_names;
  case ETHTOOL_MSG_LINKMODES_GET:
  case ETHTOOL_MSG_LINKMODES_SET:
    return link_modes_names;
  case ETHTOOL_MSG_FEATURES_GET:
  case ETHTOOL_MSG_FEATURES_SET:
    return features_names;
  case ETHTOOL_MSG_RINGS_GET:
  case ETHTOOL_MSG_RINGS_SET:
    return rings_names;
  case ETHTOOL_MSG_CHANNELS_GET:
  case ETHTOOL_MSG_CHANNELS_SET:
    return channels_names;
  case ETHTOOL_MSG_COALESCE_GET:
  case ETHTOOL_MSG_COALESCE_SET:
    return coalescing_names;
  case ETHTOOL_MSG_STATS_GET:
    return statistics_names;
  default:
    return link_state_names;
  }
}

} // namespace linx::genl::ethtool
