#include "netlink/name_tables.hpp"
#include "rtnl/names.hpp"

#include <linx/rtnl/nexthop.hpp>

#include <linux/nexthop.h>
#include <linux/rtnetlink.h>

namespace linx::rtnl {

namespace {

using netlink::attribute_names;
using entry = attribute_names::entry;

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

constexpr entry resilient_entries[] = {LINX_NAME(NHA_RES_GROUP_BUCKETS), LINX_NAME(NHA_RES_GROUP_IDLE_TIMER),
                                       LINX_NAME(NHA_RES_GROUP_UNBALANCED_TIMER)};
constexpr attribute_names resilient_names(0, resilient_entries);
constexpr entry bucket_entries[] = {LINX_NAME(NHA_RES_BUCKET_INDEX), LINX_NAME(NHA_RES_BUCKET_NH_ID)};
constexpr attribute_names bucket_names(0, bucket_entries);
constexpr entry nexthop_entries[] = {LINX_NAME(NHA_ID),
                                     LINX_NAME(NHA_GROUP),
                                     LINX_NAME(NHA_GROUP_TYPE),
                                     LINX_NAME(NHA_BLACKHOLE),
                                     LINX_NAME(NHA_OIF),
                                     LINX_NAME(NHA_GATEWAY),
                                     LINX_NAME(NHA_ENCAP_TYPE),
                                     LINX_NAME(NHA_ENCAP),
                                     LINX_NAME(NHA_GROUPS),
                                     LINX_NAME(NHA_MASTER),
                                     LINX_NAME(NHA_FDB),
                                     LINX_NEST(NHA_RES_GROUP, resilient_names),
                                     LINX_NEST(NHA_RES_BUCKET, bucket_names)};

} // namespace

constexpr attribute_names nexthop_names(sizeof(nhmsg), nexthop_entries, describe_nexthop);

} // namespace linx::rtnl
