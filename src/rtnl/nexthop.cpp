#include <linx/rtnl/nexthop.hpp>

#include "rtnl/clock.hpp"
#include "rtnl/encode_nexthop.hpp"
#include "rtnl/names.hpp"
#include "rtnl/newer_rtnetlink.hpp"
#include "rtnl/object_table.hpp"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace linx::rtnl {

namespace {

using netlink::attribute_names;
using netlink::message_builder;

// The family of a way; a group has none, and what has none of IP's is read as that.
class way_family {
public:
  static void read_header(const void* of, std::optional<net::family>& family)
  {
    std::uint8_t number = 0;
    header<&nhmsg::nh_family>::read_header(of, number);
    if (number == AF_INET) family = net::family::v4;
    if (number == AF_INET6) family = net::family::v6;
  }
};

// An array of struct nexthop_grp.
class members_wire {
public:
  static void put(message_builder& m, std::uint16_t type, const std::vector<nexthop_member>& members)
  {
    std::vector<std::byte> all;
    for (const auto& member : members) {
      nexthop_grp one{};
      one.id = member.id;
      one.weight = static_cast<std::uint8_t>(member.weight - 1);
      one.resvd1 = static_cast<std::uint8_t>((member.weight - 1) >> 8); // the high byte since Linux 6.12
      const auto raw = std::as_bytes(std::span(&one, 1));
      all.insert(all.end(), raw.begin(), raw.end());
    }
    m.put(type, all);
  }
  template <class>
  static std::optional<std::vector<nexthop_member>> read(const netlink::attribute& a)
  {
    std::vector<nexthop_member> members;
    auto bytes = a.payload();
    while (bytes.size() >= sizeof(nexthop_grp)) {
      const auto one = netlink::read_struct<nexthop_grp>(bytes);
      // the second byte is the high one of the weight since Linux 6.12, and zero before
      members.emplace_back(one.id, (one.weight | one.resvd1 << 8) + 1u);
      bytes = bytes.subspan(sizeof(nexthop_grp));
    }
    return members;
  }
  static bool carries(const std::vector<nexthop_member>&) noexcept { return true; }
  static std::string words(const std::vector<nexthop_member>& members)
  {
    std::string text;
    for (const auto& member : members) {
      if (!text.empty()) text += '/';
      text += std::to_string(member.id);
      if (member.weight != 1) text += ',' + std::to_string(member.weight);
    }
    return text;
  }
};

// Says that a group is resilient; of others nothing is said.
class group_type {
public:
  static void put(message_builder& m, std::uint16_t type, const resilient_group&)
  {
    m.put_u16(type, NEXTHOP_GRP_TYPE_RES);
  }
  static void read_into(const netlink::attribute& a, rare<resilient_group>& how)
  {
    if (a.as<std::uint16_t>() == NEXTHOP_GRP_TYPE_RES) how.get_or_make();
  }
  static bool carries(const resilient_group&) noexcept { return true; }
  static std::string words(const resilient_group&) { return "resilient"; }
};

class resilience_wire {
public:
  static void put(message_builder& m, std::uint16_t type, const resilient_group& how)
  {
    const auto inside = m.nested(type);
    if (const auto count = how.buckets()) m.put_u16(NHA_RES_GROUP_BUCKETS, *count);
    if (const auto idle = how.idle_timer()) m.put_u32(NHA_RES_GROUP_IDLE_TIMER, to_ticks(*idle));
    if (const auto unbalanced = how.unbalanced_timer())
      m.put_u32(NHA_RES_GROUP_UNBALANCED_TIMER, to_ticks(*unbalanced));
  }
  template <class>
  static std::optional<resilient_group> read(const netlink::attribute& a)
  {
    resilient_group how;
    for (const auto one : a.nested()) {
      if (one.type() == NHA_RES_GROUP_BUCKETS) {
        if (const auto count = one.as<std::uint16_t>()) how.buckets(*count);
      } else if (one.type() == NHA_RES_GROUP_IDLE_TIMER) {
        if (const auto ticks = one.as<std::uint32_t>()) how.idle_timer(from_ticks(*ticks));
      } else if (one.type() == NHA_RES_GROUP_UNBALANCED_TIMER) {
        if (const auto ticks = one.as<std::uint32_t>()) how.unbalanced_timer(from_ticks(*ticks));
      }
    }
    return how;
  }
  static bool carries(const resilient_group&) noexcept { return true; }
  static std::string words(const resilient_group&) { return {}; }
};

void resilience_words(std::string& text, const nexthop& n)
{
  if (!n.resilience) return;
  if (const auto count = n.resilience->buckets()) text += " buckets " + in_words(*count);
  if (const auto idle = n.resilience->idle_timer()) text += " idle_timer " + in_words(*idle);
  if (const auto unbalanced = n.resilience->unbalanced_timer())
    text += " unbalanced_timer " + in_words(*unbalanced);
}
void encap_words(std::string& text, const nexthop& n)
{
  if (n.encap) text += ' ' + to_string(*n.encap);
}
void flag_words(std::string& text, const nexthop& n)
{
  if (n.is_blackhole) text += " blackhole";
  if (n.is_fdb) text += " fdb";
  if ((n.flags & RTNH_F_ONLINK) != 0) text += " onlink";
  if ((n.flags & RTNH_F_LINKDOWN) != 0) text += " linkdown";
}
void protocol_words(std::string& text, const nexthop& n)
{
  text += " proto " + std::to_string(n.protocol);
}

constexpr attribute_names::entry resilient_entries[] = {LINX_NAME(NHA_RES_GROUP_BUCKETS),
                                                        LINX_NAME(NHA_RES_GROUP_IDLE_TIMER),
                                                        LINX_NAME(NHA_RES_GROUP_UNBALANCED_TIMER)};
constexpr attribute_names resilient_names(0, resilient_entries);
constexpr attribute_names::entry bucket_entries[] = {LINX_NAME(NHA_RES_BUCKET_INDEX),
                                                     LINX_NAME(NHA_RES_BUCKET_NH_ID)};
constexpr attribute_names bucket_names(0, bucket_entries);

constexpr field<nexthop> nexthop_rows[] = {
    LINX_HEADER(&nexthop::family, way_family, ""),
    LINX_HEADER(&nexthop::scope, header<&nhmsg::nh_scope>, "").observed(),
    LINX_ROW(&nexthop::id, NHA_ID, u32, "id"),
    LINX_ROW(&nexthop::members, NHA_GROUP, members_wire, "group"),
    LINX_ROW(&nexthop::resilience, NHA_GROUP_TYPE, group_type, "type"),
    LINX_ROW(&nexthop::resilience, NHA_RES_GROUP, resilience_wire, "")
        .nest(resilient_names)
        .says(resilience_words),
    LINX_ROW(&nexthop::encap, NHA_ENCAP_TYPE, encap_type, "").says(encap_words),
    LINX_ROW(&nexthop::encap, NHA_ENCAP, encap_content, ""),
    LINX_ROW(&nexthop::gateway, NHA_GATEWAY, any_ip, "via"),
    LINX_ROW(&nexthop::output, NHA_OIF, u32, "dev"),
    LINX_ROW(&nexthop::is_blackhole, NHA_BLACKHOLE, flag, ""),
    LINX_ROW(&nexthop::is_fdb, NHA_FDB, flag, ""),
    LINX_HEADER(&nexthop::flags, header<&nhmsg::nh_flags>, "").says(flag_words),
    LINX_HEADER(&nexthop::protocol, header<&nhmsg::nh_protocol>, "").says(protocol_words),
    LINX_BY_HAND(nexthop, NHA_GROUPS), // of listings
    LINX_BY_HAND(nexthop, NHA_MASTER),
    LINX_BY_HAND(nexthop, NHA_RES_BUCKET).nest(bucket_names),
    LINX_BY_HAND(nexthop, NHA_OP_FLAGS), // of answers about groups
    LINX_BY_HAND(nexthop, NHA_GROUP_STATS),
    LINX_BY_HAND(nexthop, NHA_HW_STATS_USED)};

std::string describe_nexthop(std::span<const std::byte> request)
{
  const auto m = netlink::detail::first_message(request);
  const auto id = m.attributes_after<nhmsg>().find(NHA_ID);
  std::string text = "nexthop";
  if (id) text += " " + std::to_string(id->as<std::uint32_t>().value_or(0));
  const auto n = nexthop::decode(m);
  if (n && n->gateway) text += " via " + to_string(*n->gateway);
  if (n && n->output != 0) text += " dev #" + std::to_string(n->output);
  return text;
}

using nexthop_table = object_table<nhmsg, nexthop_rows, describe_nexthop>;

message_builder query(std::uint16_t type)
{
  message_builder m(type, 0, nhmsg{});
  m.set_names(nexthop_names);
  return m;
}

// Without what the kernel finds out by itself, and what it refuses to hear beside the rest.
nexthop requested(nexthop n)
{
  n.flags &= RTNH_F_ONLINK;
  if (n.is_group()) n.flags = 0;
  if (!n.is_group()) n.resilience.reset();
  if (n.is_group()) n.is_blackhole = false;
  // the kernel says "lo" of a blackhole
  if (n.is_group() || n.is_blackhole) {
    n.gateway.reset();
    n.output = 0;
    n.encap.reset();
  }
  return n;
}

nhmsg header_of(const nexthop& n) noexcept
{
  nhmsg header{};
  // nh_check_attr(): a group has no family
  if (n.is_group()) return header;
  const auto own = n.family.value_or(net::family::v4);
  header.nh_family = static_cast<unsigned char>(n.gateway ? n.gateway->family() : own);
  return header;
}

} // namespace

constexpr attribute_names nexthop_names = nexthop_table::names;

std::optional<nexthop> nexthop::decode(const netlink::message_view& m)
{
  if (m.type() != RTM_NEWNEXTHOP && m.type() != RTM_DELNEXTHOP) return std::nullopt;
  nexthop n;
  nexthop_table::read(m, n);
  return n;
}

std::string to_string(const nexthop& n)
{
  return nexthop_table::words(n);
}

result<message_builder> encode_new(const nexthop& n, std::uint16_t flags)
{
  for (const auto& member : n.members) {
    if (member.weight < 1 || member.weight > 65536)
      return error::argument("nexthop " + to_string(n) +
                             ": a weight is from 1 to 256, or 65536 since Linux 6.12");
  }
  return nexthop_table::request(RTM_NEWNEXTHOP, flags, requested(n), sending::to_add, header_of(n));
}

message_builder encode_remove_nexthop(std::uint32_t id)
{
  auto m = query(RTM_DELNEXTHOP);
  m.put_u32(NHA_ID, id);
  return m;
}

message_builder encode_get_nexthop(std::uint32_t id)
{
  auto m = query(RTM_GETNEXTHOP);
  m.put_u32(NHA_ID, id);
  return m;
}

message_builder encode_list(const nexthop_filter& f)
{
  auto m = query(RTM_GETNEXTHOP);
  if (f.dev() != 0) m.put_u32(NHA_OIF, f.dev());
  if (f.master() != 0) m.put_u32(NHA_MASTER, f.master());
  if (f.only_groups()) m.put_flag(NHA_GROUPS);
  if (f.only_fdb()) m.put_flag(NHA_FDB);
  return m;
}

message_builder encode_list_buckets(std::uint32_t group)
{
  auto m = query(RTM_GETNEXTHOPBUCKET);
  if (group != 0) m.put_u32(NHA_ID, group);
  return m;
}

message_builder encode_get_bucket(std::uint32_t group, std::uint16_t index)
{
  auto m = query(RTM_GETNEXTHOPBUCKET);
  m.put_u32(NHA_ID, group);
  {
    const auto inside = m.nested(NHA_RES_BUCKET);
    m.put_u16(NHA_RES_BUCKET_INDEX, index);
  }
  return m;
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
