#include <linx/rtnl/nexthop.hpp>

#include "rtnl/clock.hpp"

#include <algorithm>

#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace linx::rtnl {

namespace {

std::optional<net::family> ip_family(unsigned char family) noexcept
{
  if (family == AF_INET) return net::family::v4;
  if (family == AF_INET6) return net::family::v6;
  return std::nullopt;
}

std::vector<nexthop_member> read_members(std::span<const std::byte> bytes)
{
  std::vector<nexthop_member> members;
  while (bytes.size() >= sizeof(nexthop_grp)) {
    const auto one = netlink::read_struct<nexthop_grp>(bytes);
    // the second byte is the high one of the weight since Linux 6.12, and zero before
    members.emplace_back(one.id, (one.weight | one.resvd1 << 8) + 1u);
    bytes = bytes.subspan(sizeof(nexthop_grp));
  }
  return members;
}

resilient_group read_resilience(const netlink::attributes& all)
{
  resilient_group how;
  for (const auto a : all) {
    if (a.type() == NHA_RES_GROUP_BUCKETS) {
      if (const auto count = a.as<std::uint16_t>()) how.buckets(*count);
    } else if (a.type() == NHA_RES_GROUP_IDLE_TIMER) {
      if (const auto ticks = a.as<std::uint32_t>()) how.idle_timer(from_ticks(*ticks));
    } else if (a.type() == NHA_RES_GROUP_UNBALANCED_TIMER) {
      if (const auto ticks = a.as<std::uint32_t>()) how.unbalanced_timer(from_ticks(*ticks));
    }
  }
  return how;
}

} // namespace

std::optional<nexthop> nexthop::decode(const netlink::message_view& m)
{
  if (m.type() != RTM_NEWNEXTHOP && m.type() != RTM_DELNEXTHOP) return std::nullopt;
  const auto header = m.family_header<nhmsg>();
  nexthop n;
  n.family = ip_family(header.nh_family);
  n.scope = header.nh_scope;
  n.protocol = header.nh_protocol;
  n.flags = header.nh_flags;
  bool is_resilient = false;
  for (const auto a : m.attributes_after<nhmsg>()) {
    switch (a.type()) {
    case NHA_ID:
      n.id = a.as<std::uint32_t>().value_or(0);
      break;
    case NHA_GROUP:
      n.members = read_members(a.payload());
      break;
    case NHA_GROUP_TYPE:
      is_resilient = a.as<std::uint16_t>() == NEXTHOP_GRP_TYPE_RES;
      break;
    case NHA_BLACKHOLE:
      n.is_blackhole = true;
      break;
    case NHA_FDB:
      n.is_fdb = true;
      break;
    case NHA_OIF:
      n.output = a.as<std::uint32_t>().value_or(0);
      break;
    case NHA_GATEWAY:
      n.gateway = net::ip::from_bytes(a.payload());
      break;
    case NHA_ENCAP_TYPE:
      n.encap.get_or_make().type = a.as<std::uint16_t>().value_or(0);
      break;
    case NHA_ENCAP:
      n.encap.get_or_make().bytes.assign(a.payload().begin(), a.payload().end());
      break;
    case NHA_RES_GROUP:
      n.resilience = read_resilience(a.nested());
      break;
    default:
      break;
    }
  }
  if (is_resilient) n.resilience.get_or_make();
  return n;
}

std::string to_string(const nexthop& n)
{
  std::string text = "id " + std::to_string(n.id);
  if (n.is_group()) {
    text += " group ";
    for (const auto& member : n.members) {
      if (&member != &n.members.front()) text += '/';
      text += std::to_string(member.id);
      if (member.weight != 1) text += "," + std::to_string(member.weight);
    }
  }
  if (n.resilience) {
    text += " type resilient";
    if (const auto count = n.resilience->buckets()) text += " buckets " + std::to_string(*count);
    if (const auto idle = n.resilience->idle_timer())
      text += " idle_timer " + std::to_string(idle->count()) + " ms";
    if (const auto unbalanced = n.resilience->unbalanced_timer())
      text += " unbalanced_timer " + std::to_string(unbalanced->count()) + " ms";
  }
  if (n.encap) text += " " + to_string(*n.encap);
  if (n.gateway) text += " via " + to_string(*n.gateway);
  if (n.output != 0) text += " dev " + std::to_string(n.output);
  if (n.is_blackhole) text += " blackhole";
  if (n.is_fdb) text += " fdb";
  if ((n.flags & RTNH_F_ONLINK) != 0) text += " onlink";
  if ((n.flags & RTNH_F_LINKDOWN) != 0) text += " linkdown";
  return text + " proto " + std::to_string(n.protocol);
}

bool nexthop_filter::matches(const nexthop& n) const noexcept
{
  if (dev_ != 0 && n.output != dev_) return false;
  if (groups_ && !n.is_group()) return false;
  if (fdb_ && !n.is_fdb) return false;
  return !protocol_ || n.protocol == *protocol_;
}

std::optional<nexthop_bucket> nexthop_bucket::decode(const netlink::message_view& m)
{
  if (m.type() != RTM_NEWNEXTHOPBUCKET && m.type() != RTM_DELNEXTHOPBUCKET) return std::nullopt;
  nexthop_bucket bucket;
  for (const auto a : m.attributes_after<nhmsg>()) {
    if (a.type() == NHA_ID) bucket.group = a.as<std::uint32_t>().value_or(0);
    if (a.type() != NHA_RES_BUCKET) continue;
    for (const auto inner : a.nested()) {
      switch (inner.type()) {
      case NHA_RES_BUCKET_INDEX:
        bucket.index = inner.as<std::uint16_t>().value_or(0);
        break;
      case NHA_RES_BUCKET_IDLE_TIME:
        bucket.idle = from_ticks(inner.as<std::uint64_t>().value_or(0));
        break;
      case NHA_RES_BUCKET_NH_ID:
        bucket.nexthop = inner.as<std::uint32_t>().value_or(0);
        break;
      default:
        break;
      }
    }
  }
  return bucket;
}

std::string to_string(const nexthop_bucket& b)
{
  return "id " + std::to_string(b.group) + " index " + std::to_string(b.index) + " idle " +
         std::to_string(b.idle.count()) + " ms nhid " + std::to_string(b.nexthop);
}

} // namespace linx::rtnl
