#include "rtnl/canonical.hpp"

#include <linux/rtnetlink.h>

#include <algorithm>
#include <limits>

namespace linx::rtnl::detail {

namespace {

// ip_metrics_convert() in net/ipv4/metrics.c
std::uint32_t largest(route_metric which) noexcept
{
  switch (which) {
  case route_metric::mtu:
    return 65535 - 15;
  case route_metric::advmss:
    return 65535 - 40;
  case route_metric::hoplimit:
    return 255;
  default:
    return std::numeric_limits<std::uint32_t>::max();
  }
}

// A metric of 0 is none.
route_metrics canonical(const route_metrics& asked)
{
  route_metrics kept;
  for (unsigned n = RTAX_MTU; n <= RTAX_FASTOPEN_NO_COOKIE; ++n) {
    const auto which = static_cast<route_metric>(n);
    if (const auto value = asked.get(which).value_or(0)) kept.set(which, std::min(value, largest(which)));
    if (asked.is_locked(which)) kept.lock(which);
  }
  kept.congestion_control(asked.congestion_control());
  return kept;
}

template <class Network>
bool is_any(const Network& network) noexcept
{
  return network && network->is_default();
}

} // namespace

route canonical(route r)
{
  const bool is_v4 = r.family() == net::family::v4;
  if (r.table == RT_TABLE_UNSPEC) r.table = RT_TABLE_MAIN;
  if (is_any(r.from)) r.from.reset();
  // IPv6 has no scopes, and IPv4 no preference
  if (is_v4) r.preference.reset();
  if (!is_v4) r.scope.reset();
  if (!is_v4 && r.metric == 0) r.metric = default_v6_metric;
  if (r.metrics) *r.metrics = canonical(*r.metrics);
  if (r.metrics && *r.metrics == route_metrics()) r.metrics.reset();
  return r;
}

rule canonical(rule r)
{
  if (is_any(r.source)) r.source.reset();
  if (is_any(r.destination)) r.destination.reset();
  return r;
}

desired_address canonical(desired_address a)
{
  if (a.peer == a.local.address()) a.peer.reset();
  return a;
}

bool is_same(const rule& one, const rule& other)
{
  auto a = canonical(one), b = canonical(other);
  a.flags = b.flags = 0;
  a.protocol = b.protocol = 0;
  return a == b;
}

} // namespace linx::rtnl::detail
