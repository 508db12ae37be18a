#include <linx/genl/ethtool_link.hpp>

#include "genl/ethtool_encode.hpp"
#include "genl/ethtool_request.hpp"

namespace linx::genl::ethtool {

std::optional<features> features::decode(const netlink::message_view& m)
{
  if (!is_command(m, ETHTOOL_MSG_FEATURES_GET_REPLY, ETHTOOL_MSG_FEATURES_NTF)) return std::nullopt;
  features f;
  for (const auto a : m.attributes_after<genlmsghdr>()) {
    switch (a.type()) {
    case ETHTOOL_A_FEATURES_HEADER:
      f.device = read_device(a);
      break;
    case ETHTOOL_A_FEATURES_HW:
      f.changeable = bitset::decode(a);
      break;
    case ETHTOOL_A_FEATURES_WANTED:
      f.wanted = bitset::decode(a);
      break;
    case ETHTOOL_A_FEATURES_ACTIVE:
      f.active = bitset::decode(a);
      break;
    case ETHTOOL_A_FEATURES_NOCHANGE:
      f.fixed = bitset::decode(a);
      break;
    default:
      break;
    }
  }
  return f;
}

std::optional<features_outcome> features_outcome::decode(const netlink::message_view& m)
{
  if (!is_command(m, ETHTOOL_MSG_FEATURES_SET_REPLY)) return std::nullopt;
  features_outcome outcome;
  // as ethnl_set_features() fills them in: differences, each with its mask
  const auto attributes = m.attributes_after<genlmsghdr>();
  if (const auto wanted = attributes.find(ETHTOOL_A_FEATURES_WANTED))
    outcome.refused = bitset::decode(*wanted);
  if (const auto active = attributes.find(ETHTOOL_A_FEATURES_ACTIVE))
    outcome.changed = bitset::decode(*active);
  return outcome;
}

std::optional<link_modes> link_modes::decode(const netlink::message_view& m)
{
  if (!is_command(m, ETHTOOL_MSG_LINKMODES_GET_REPLY, ETHTOOL_MSG_LINKMODES_NTF)) return std::nullopt;
  link_modes modes;
  for (const auto a : m.attributes_after<genlmsghdr>()) {
    switch (a.type()) {
    case ETHTOOL_A_LINKMODES_HEADER:
      modes.device = read_device(a);
      break;
    case ETHTOOL_A_LINKMODES_AUTONEG:
      if (const auto on = a.as<std::uint8_t>()) modes.autonegotiation = *on != 0;
      break;
    case ETHTOOL_A_LINKMODES_OURS:
      modes.ours = bitset::decode(a);
      break;
    case ETHTOOL_A_LINKMODES_PEER:
      modes.peer = bitset::decode(a);
      break;
    case ETHTOOL_A_LINKMODES_SPEED:
      modes.speed = a.as<std::uint32_t>();
      if (modes.speed == static_cast<std::uint32_t>(SPEED_UNKNOWN)) modes.speed.reset();
      break;
    case ETHTOOL_A_LINKMODES_DUPLEX:
      modes.duplex = static_cast<ethtool::duplex>(a.as<std::uint8_t>().value_or(DUPLEX_UNKNOWN));
      break;
    case ETHTOOL_A_LINKMODES_LANES:
      modes.lanes = a.as<std::uint32_t>();
      break;
    default:
      break;
    }
  }
  return modes;
}

std::optional<link_state> link_state::decode(const netlink::message_view& m)
{
  if (!is_command(m, ETHTOOL_MSG_LINKSTATE_GET_REPLY)) return std::nullopt;
  link_state state;
  for (const auto a : m.attributes_after<genlmsghdr>()) {
    switch (a.type()) {
    case ETHTOOL_A_LINKSTATE_HEADER:
      state.device = read_device(a);
      break;
    case ETHTOOL_A_LINKSTATE_LINK:
      if (const auto up = a.as<std::uint8_t>()) state.up = *up != 0;
      break;
    case ETHTOOL_A_LINKSTATE_SQI:
      state.signal_quality = a.as<std::uint32_t>();
      break;
    case ETHTOOL_A_LINKSTATE_SQI_MAX:
      state.signal_quality_max = a.as<std::uint32_t>();
      break;
    case ETHTOOL_A_LINKSTATE_EXT_STATE:
      state.why_down = a.as<std::uint8_t>();
      break;
    case ETHTOOL_A_LINKSTATE_EXT_SUBSTATE:
      state.why_down_detail = a.as<std::uint8_t>();
      break;
    default:
      break;
    }
  }
  return state;
}

netlink::message_builder encode_set(const family& f, const genl::device& d, const link_modes_change& change)
{
  auto request = make_request(f, ETHTOOL_MSG_LINKMODES_SET, d);
  if (change.autonegotiation())
    request.put_u8(ETHTOOL_A_LINKMODES_AUTONEG, *change.autonegotiation() ? 1 : 0);
  if (!change.advertised().empty()) put_bits(request, ETHTOOL_A_LINKMODES_OURS, change.advertised());
  if (change.speed()) request.put_u32(ETHTOOL_A_LINKMODES_SPEED, *change.speed());
  if (change.duplex())
    request.put_u8(ETHTOOL_A_LINKMODES_DUPLEX, static_cast<std::uint8_t>(*change.duplex()));
  return request;
}

netlink::message_builder encode_features(const family& f, const genl::device& d,
                                         const std::map<std::string, bool>& switches)
{
  auto request = make_request(f, ETHTOOL_MSG_FEATURES_SET, d);
  put_bits(request, ETHTOOL_A_FEATURES_WANTED, switches);
  return request;
}

std::string_view to_string(duplex d) noexcept
{
  switch (d) {
  case duplex::half:
    return "half";
  case duplex::full:
    return "full";
  case duplex::unknown:
    break;
  }
  return "unknown";
}

std::string to_string(const features& f)
{
  return to_string(f.device) + ": on: " + to_string(f.active);
}

std::string to_string(const link_modes& m)
{
  std::string text = to_string(m.device) + ":";
  text += m.speed ? " " + std::to_string(*m.speed) + " Mbit/s" : " speed unknown";
  text += ", duplex " + std::string(to_string(m.duplex));
  if (m.autonegotiation) text += *m.autonegotiation ? ", autonegotiation" : ", no autonegotiation";
  if (m.lanes) text += ", " + std::to_string(*m.lanes) + " lanes";
  if (const auto ours = to_string(m.ours); !ours.empty()) text += ", advertised: " + ours;
  if (const auto peer = to_string(m.peer); !peer.empty()) text += ", partner: " + peer;
  return text;
}

std::string to_string(const link_state& s)
{
  std::string text = to_string(s.device) + ":";
  if (s.up) text += *s.up ? " up" : " down";
  if (s.signal_quality) text += ", signal quality " + std::to_string(*s.signal_quality);
  if (s.signal_quality_max) text += " of " + std::to_string(*s.signal_quality_max);
  if (s.why_down) text += ", reason " + std::to_string(*s.why_down);
  if (s.why_down_detail) text += "." + std::to_string(*s.why_down_detail);
  return text;
}

} // namespace linx::genl::ethtool
