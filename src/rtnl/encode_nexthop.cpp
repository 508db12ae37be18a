#include "rtnl/encode_nexthop.hpp"

#include "rtnl/clock.hpp"
#include "rtnl/names.hpp"
#include "rtnl/put.hpp"

#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace linx::rtnl {

namespace {

using netlink::message_builder;

message_builder nexthop_message(std::uint16_t type, std::uint16_t flags, const nhmsg& header)
{
  message_builder m(type, flags, header);
  m.set_names(nexthop_names);
  return m;
}

message_builder about(std::uint16_t type, std::uint32_t id)
{
  auto m = nexthop_message(type, 0, nhmsg{});
  m.put_u32(NHA_ID, id);
  return m;
}

void put_members(message_builder& m, const nexthop& n)
{
  std::vector<std::byte> all;
  for (const auto& member : n.members) {
    nexthop_grp one{};
    one.id = member.id;
    one.weight = static_cast<std::uint8_t>(member.weight - 1);
    one.resvd1 = static_cast<std::uint8_t>((member.weight - 1) >> 8); // the high byte since Linux 6.12
    const auto raw = std::as_bytes(std::span(&one, 1));
    all.insert(all.end(), raw.begin(), raw.end());
  }
  m.put(NHA_GROUP, all);
  if (!n.resilience) return;
  m.put_u16(NHA_GROUP_TYPE, NEXTHOP_GRP_TYPE_RES);
  const auto inside = m.nested(NHA_RES_GROUP);
  if (const auto count = n.resilience->buckets()) m.put_u16(NHA_RES_GROUP_BUCKETS, *count);
  if (const auto idle = n.resilience->idle_timer()) m.put_u32(NHA_RES_GROUP_IDLE_TIMER, to_ticks(*idle));
  if (const auto unbalanced = n.resilience->unbalanced_timer())
    m.put_u32(NHA_RES_GROUP_UNBALANCED_TIMER, to_ticks(*unbalanced));
}

unsigned char family_of(const nexthop& n) noexcept
{
  // nh_check_attr(): a group has none
  if (n.is_group()) return AF_UNSPEC;
  if (n.gateway) return static_cast<unsigned char>(n.gateway->family());
  return static_cast<unsigned char>(n.family.value_or(net::family::v4));
}

} // namespace

result<message_builder> encode_new(const nexthop& n, std::uint16_t flags)
{
  for (const auto& member : n.members) {
    if (member.weight < 1 || member.weight > 65536)
      return error::argument("nexthop " + to_string(n) +
                             ": a weight is from 1 to 256, or 65536 since Linux 6.12");
  }
  nhmsg header{};
  header.nh_family = family_of(n);
  header.nh_protocol = n.protocol;
  header.nh_flags = n.is_group() ? 0 : n.flags & RTNH_F_ONLINK;
  auto m = nexthop_message(RTM_NEWNEXTHOP, flags, header);
  if (n.id != 0) m.put_u32(NHA_ID, n.id);
  if (n.is_group()) put_members(m, n);
  if (n.is_fdb) m.put_flag(NHA_FDB);
  if (n.is_group()) return m;
  if (n.is_blackhole) {
    m.put_flag(NHA_BLACKHOLE);
    return m; // the kernel says "lo" of it, and refuses to hear that
  }
  if (n.encap) put_encap(m, NHA_ENCAP_TYPE, NHA_ENCAP, *n.encap);
  if (n.gateway) put_ip(m, NHA_GATEWAY, *n.gateway);
  if (n.output != 0) m.put_u32(NHA_OIF, n.output);
  return m;
}

message_builder encode_remove_nexthop(std::uint32_t id)
{
  return about(RTM_DELNEXTHOP, id);
}

message_builder encode_get_nexthop(std::uint32_t id)
{
  return about(RTM_GETNEXTHOP, id);
}

message_builder encode_list(const nexthop_filter& f)
{
  auto m = nexthop_message(RTM_GETNEXTHOP, 0, nhmsg{});
  if (f.dev() != 0) m.put_u32(NHA_OIF, f.dev());
  if (f.master() != 0) m.put_u32(NHA_MASTER, f.master());
  if (f.only_groups()) m.put_flag(NHA_GROUPS);
  if (f.only_fdb()) m.put_flag(NHA_FDB);
  return m;
}

message_builder encode_list_buckets(std::uint32_t group)
{
  auto m = nexthop_message(RTM_GETNEXTHOPBUCKET, 0, nhmsg{});
  if (group != 0) m.put_u32(NHA_ID, group);
  return m;
}

message_builder encode_get_bucket(std::uint32_t group, std::uint16_t index)
{
  auto m = about(RTM_GETNEXTHOPBUCKET, group);
  {
    const auto inside = m.nested(NHA_RES_BUCKET);
    m.put_u16(NHA_RES_BUCKET_INDEX, index);
  }
  return m;
}

} // namespace linx::rtnl
