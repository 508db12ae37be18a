#include <linx/genl/ethtool_statistics.hpp>

#include "genl/ethtool_request.hpp"

#include <iterator>

namespace linx::genl::ethtool {

namespace {

std::string group_name(std::uint32_t id)
{
  constexpr std::string_view names[] = {"eth-phy", "eth-mac", "eth-ctrl", "rmon"};
  return id < std::size(names) ? std::string(names[id]) : std::to_string(id);
}

histogram_bucket read_bucket(const netlink::attributes& inside)
{
  histogram_bucket bucket;
  for (const auto a : inside) {
    if (a.type() == ETHTOOL_A_STATS_GRP_HIST_BKT_LOW)
      bucket.low = a.as<std::uint32_t>().value_or(0);
    else if (a.type() == ETHTOOL_A_STATS_GRP_HIST_BKT_HI)
      bucket.high = a.as<std::uint32_t>().value_or(0);
    else if (a.type() == ETHTOOL_A_STATS_GRP_HIST_VAL)
      bucket.packets = a.as<std::uint64_t>().value_or(0);
  }
  return bucket;
}

statistics_group read_group(const netlink::attributes& inside)
{
  statistics_group group;
  for (const auto a : inside) {
    switch (a.type()) {
    case ETHTOOL_A_STATS_GRP_ID:
      group.id = a.as<std::uint32_t>().value_or(0);
      break;
    case ETHTOOL_A_STATS_GRP_SS_ID:
      group.string_set = a.as<std::uint32_t>().value_or(0);
      break;
    case ETHTOOL_A_STATS_GRP_STAT:
      // one counter, its number is the type of the attribute inside
      for (const auto c : a.nested())
        if (const auto value = c.as<std::uint64_t>()) group.counters.emplace_back(c.type(), *value);
      break;
    case ETHTOOL_A_STATS_GRP_HIST_RX:
      group.received.push_back(read_bucket(a.nested()));
      break;
    case ETHTOOL_A_STATS_GRP_HIST_TX:
      group.sent.push_back(read_bucket(a.nested()));
      break;
    default:
      break;
    }
  }
  group.name = group_name(group.id);
  return group;
}

std::string print(const char* direction, const histogram_bucket& bucket)
{
  return " " + std::string(direction) + "-" + std::to_string(bucket.low) + "-" + std::to_string(bucket.high) +
         " " + std::to_string(bucket.packets);
}

} // namespace

std::optional<statistics> statistics::decode(const netlink::message_view& m)
{
  if (!is_command(m, ETHTOOL_MSG_STATS_GET_REPLY)) return std::nullopt;
  statistics s;
  for (const auto a : m.attributes_after<genlmsghdr>()) {
    if (a.type() == ETHTOOL_A_STATS_HEADER)
      s.device = read_device(a);
    else if (a.type() == ETHTOOL_A_STATS_GRP)
      s.groups.push_back(read_group(a.nested()));
  }
  return s;
}

std::optional<std::uint64_t> statistics::find(std::string_view group, std::string_view counter) const noexcept
{
  for (const auto& g : groups) {
    if (g.name != group) continue;
    for (const auto& c : g.counters)
      if (c.name == counter) return c.value;
  }
  return std::nullopt;
}

std::string to_string(const statistics& s)
{
  std::string text = to_string(s.device) + ":";
  for (const auto& g : s.groups) {
    if (g.counters.empty() && g.received.empty() && g.sent.empty()) continue;
    text += " " + g.name;
    for (const auto& c : g.counters)
      text += " " + (c.name.empty() ? "#" + std::to_string(c.index) : c.name) + " " + std::to_string(c.value);
    for (const auto& b : g.received) text += print("rx", b);
    for (const auto& b : g.sent) text += print("tx", b);
  }
  return text;
}

} // namespace linx::genl::ethtool
