#include "rtnl/encode_netns.hpp"

#include "netlink/name_tables.hpp"

#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>

namespace linx::rtnl {

namespace {

using netlink::attribute_names;

constexpr attribute_names::entry netns_entries[] = {LINX_NAME(NETNSA_NSID), LINX_NAME(NETNSA_PID),
                                                    LINX_NAME(NETNSA_FD)};

std::string describe_netns(std::span<const std::byte> request)
{
  const auto id = netlink::detail::first_message(request).attributes_after<rtgenmsg>().find(NETNSA_NSID);
  const auto number = id ? id->as<std::int32_t>() : std::nullopt;
  return number ? "network namespace id " + std::to_string(*number) : "network namespace id";
}

constexpr attribute_names netns_names(sizeof(rtgenmsg), netns_entries, describe_netns);

} // namespace

netlink::message_builder encode_netns_id(std::uint16_t type, int netns, std::optional<std::int32_t> id)
{
  netlink::message_builder m(type, 0, rtgenmsg{});
  m.set_names(netns_names);
  m.put_s32(NETNSA_FD, netns);
  if (id) m.put_s32(NETNSA_NSID, *id);
  return m;
}

netlink::message_builder encode_list_netns_ids()
{
  netlink::message_builder m(RTM_GETNSID, 0, rtgenmsg{});
  m.set_names(netns_names);
  return m;
}

std::optional<std::int32_t> decode_netns_id(const netlink::message_view& m)
{
  if (m.type() != RTM_NEWNSID) return std::nullopt;
  const auto id = m.attributes_after<rtgenmsg>().find(NETNSA_NSID);
  return id ? id->as<std::int32_t>() : std::nullopt;
}

} // namespace linx::rtnl
