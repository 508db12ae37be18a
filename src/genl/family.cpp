#include <linx/genl/family.hpp>

#include <linx/genl/device.hpp>

#include <linux/genetlink.h>

namespace linx::genl {

namespace {

// Both lists are nested attributes whose types only count.
std::vector<operation> read_operations(const netlink::attributes& list)
{
  std::vector<operation> all;
  for (const auto entry : list) {
    const auto inside = entry.nested();
    const auto number = [&](std::uint16_t type) {
      const auto a = inside.find(type);
      return a ? a->as<std::uint32_t>().value_or(0) : 0;
    };
    all.emplace_back(number(CTRL_ATTR_OP_ID), number(CTRL_ATTR_OP_FLAGS));
  }
  return all;
}

std::vector<multicast_group> read_groups(const netlink::attributes& list)
{
  std::vector<multicast_group> all;
  for (const auto entry : list) {
    const auto name = entry.nested().find(CTRL_ATTR_MCAST_GRP_NAME);
    const auto id = entry.nested().find(CTRL_ATTR_MCAST_GRP_ID);
    if (name && id) all.emplace_back(std::string(name->as_string()), id->as<std::uint32_t>().value_or(0));
  }
  return all;
}

} // namespace

std::optional<family> family::decode(const netlink::message_view& m)
{
  const auto command = m.family_header<genlmsghdr>().cmd;
  if (m.type() != GENL_ID_CTRL || (command != CTRL_CMD_NEWFAMILY && command != CTRL_CMD_DELFAMILY))
    return std::nullopt;
  family f;
  for (const auto a : m.attributes_after<genlmsghdr>()) {
    switch (a.type()) {
    case CTRL_ATTR_FAMILY_ID:
      f.id = a.as<std::uint16_t>().value_or(0);
      break;
    case CTRL_ATTR_FAMILY_NAME:
      f.name = a.as_string();
      break;
    case CTRL_ATTR_VERSION:
      f.version = a.as<std::uint32_t>().value_or(0);
      break;
    case CTRL_ATTR_HDRSIZE:
      f.header_size = a.as<std::uint32_t>().value_or(0);
      break;
    case CTRL_ATTR_MAXATTR:
      f.max_attribute = a.as<std::uint32_t>().value_or(0);
      break;
    case CTRL_ATTR_OPS:
      f.operations = read_operations(a.nested());
      break;
    case CTRL_ATTR_MCAST_GROUPS:
      f.groups = read_groups(a.nested());
      break;
    default:
      break;
    }
  }
  return f;
}

netlink::message_builder family::request(std::uint8_t command, std::uint16_t flags) const
{
  genlmsghdr header{};
  header.cmd = command;
  header.version = static_cast<std::uint8_t>(version);
  return {id, flags, header};
}

result<std::uint32_t> family::group(std::string_view wanted) const
{
  std::string known;
  for (const auto& g : groups) {
    if (g.name() == wanted) return g.id();
    known += (known.empty() ? "" : ", ") + g.name();
  }
  return error::argument("multicast group \"" + std::string(wanted) + "\" of the family " + name +
                         ": there is " + (known.empty() ? "none" : known));
}

std::string to_string(const family& f)
{
  std::string text = f.name + " #" + std::to_string(f.id) + " version " + std::to_string(f.version) + ": " +
                     std::to_string(f.operations.size()) + " commands";
  if (f.groups.empty()) return text;
  text += ", groups";
  for (const auto& g : f.groups) text += " " + g.name();
  return text;
}

std::string to_string(const device& d)
{
  return d.name().empty() ? "#" + std::to_string(d.index()) : d.name();
}

} // namespace linx::genl
