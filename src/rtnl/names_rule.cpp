#include "netlink/name_tables.hpp"
#include "rtnl/names.hpp"

#include <linx/rtnl/rule.hpp>

#include <linux/fib_rules.h>

namespace linx::rtnl {

namespace {

using netlink::attribute_names;
using entry = attribute_names::entry;

std::string describe_rule(std::span<const std::byte> request)
{
  const auto m = netlink::detail::first_message(request);
  auto r = rule::decode(m);
  if (!r) return {};
  // a request may leave it to the kernel
  if (!m.attributes_after<fib_rule_hdr>().find(FRA_PRIORITY)) r->priority.reset();
  return "rule " + to_string(*r);
}

constexpr entry rule_entries[] = {LINX_NAME(FRA_DST),
                                  LINX_NAME(FRA_SRC),
                                  LINX_NAME(FRA_IIFNAME),
                                  LINX_NAME(FRA_OIFNAME),
                                  LINX_NAME(FRA_GOTO),
                                  LINX_NAME(FRA_PRIORITY),
                                  LINX_NAME(FRA_FWMARK),
                                  LINX_NAME(FRA_FWMASK),
                                  LINX_NAME(FRA_TUN_ID),
                                  LINX_NAME(FRA_SUPPRESS_IFGROUP),
                                  LINX_NAME(FRA_SUPPRESS_PREFIXLEN),
                                  LINX_NAME(FRA_TABLE),
                                  LINX_NAME(FRA_L3MDEV),
                                  LINX_NAME(FRA_UID_RANGE),
                                  LINX_NAME(FRA_PROTOCOL),
                                  LINX_NAME(FRA_IP_PROTO),
                                  LINX_NAME(FRA_SPORT_RANGE),
                                  LINX_NAME(FRA_DPORT_RANGE)};

} // namespace

constexpr attribute_names rule_names(sizeof(fib_rule_hdr), rule_entries, describe_rule);

} // namespace linx::rtnl
