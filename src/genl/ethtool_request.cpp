#include "genl/ethtool_request.hpp"

#include "genl/ethtool_names.hpp"

namespace linx::genl::ethtool {

netlink::message_builder make_request(const family& f, std::uint8_t command, const device& d)
{
  auto request = f.request(command);
  request.set_names(names_of(command));
  {
    const auto header = request.nested(header_of(command));
    if (d.index() != 0)
      request.put_u32(ETHTOOL_A_HEADER_DEV_INDEX, d.index());
    else if (!d.name().empty())
      request.put_string(ETHTOOL_A_HEADER_DEV_NAME, d.name());
  }
  return request;
}

netlink::message_builder make_strings_request(const family& f, const device& d, std::uint32_t set)
{
  auto request = make_request(f, ETHTOOL_MSG_STRSET_GET, d);
  {
    const auto sets = request.nested(ETHTOOL_A_STRSET_STRINGSETS);
    const auto one = request.nested(ETHTOOL_A_STRINGSETS_STRINGSET);
    request.put_u32(ETHTOOL_A_STRINGSET_ID, set);
  }
  return request;
}

netlink::message_builder make_statistics_request(const family& f, const device& d)
{
  auto request = make_request(f, ETHTOOL_MSG_STATS_GET, d);
  // the four groups that there have been since 5.13; a bit that a kernel does not know would be refused
  {
    const auto groups = request.nested(ETHTOOL_A_STATS_GROUPS);
    request.put_flag(ETHTOOL_A_BITSET_NOMASK);
    request.put_u32(ETHTOOL_A_BITSET_SIZE, 4);
    request.put_u32(ETHTOOL_A_BITSET_VALUE, 0xf);
  }
  return request;
}

void put_bits(netlink::message_builder& request, std::uint16_t type, const std::map<std::string, bool>& bits)
{
  const auto set = request.nested(type);
  const auto list = request.nested(ETHTOOL_A_BITSET_BITS);
  for (const auto& [name, on] : bits) {
    const auto bit = request.nested(ETHTOOL_A_BITSET_BITS_BIT);
    request.put_string(ETHTOOL_A_BITSET_BIT_NAME, name);
    if (on) request.put_flag(ETHTOOL_A_BITSET_BIT_VALUE);
  }
}

device read_device(const netlink::attribute& header)
{
  const auto index = header.nested().find(ETHTOOL_A_HEADER_DEV_INDEX);
  const auto name = header.nested().find(ETHTOOL_A_HEADER_DEV_NAME);
  return {index ? index->as<std::uint32_t>().value_or(0) : 0, std::string(name ? name->as_string() : "")};
}

bool is_command(const netlink::message_view& m, std::uint8_t reply, std::uint8_t notification) noexcept
{
  const auto command = m.family_header<genlmsghdr>().cmd;
  return m.type() >= NLMSG_MIN_TYPE && command != 0 && (command == reply || command == notification);
}

std::vector<std::string> read_strings(const netlink::message_view& m, std::uint32_t wanted)
{
  // an index is the kernel's; no set is anywhere near as long
  constexpr std::uint32_t longest = 65536;
  std::vector<std::string> strings;
  const auto sets = m.attributes_after<genlmsghdr>().find(ETHTOOL_A_STRSET_STRINGSETS);
  if (!sets) return strings;
  for (const auto set : sets->nested()) {
    const auto id = set.nested().find(ETHTOOL_A_STRINGSET_ID);
    const auto list = set.nested().find(ETHTOOL_A_STRINGSET_STRINGS);
    if (!id || id->as<std::uint32_t>() != wanted || !list) continue;
    for (const auto string : list->nested()) {
      const auto index = string.nested().find(ETHTOOL_A_STRING_INDEX);
      const auto value = string.nested().find(ETHTOOL_A_STRING_VALUE);
      const auto at = index ? index->as<std::uint32_t>().value_or(longest) : longest;
      if (!value || at >= longest) continue;
      if (strings.size() <= at) strings.resize(at + 1);
      strings[at] = value->as_string();
    }
  }
  return strings;
}

} // namespace linx::genl::ethtool
