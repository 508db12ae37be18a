#include "rtnl/view.hpp"

#include "rtnl/canonical.hpp"

#include <linux/rtnetlink.h>

#include <algorithm>

namespace linx::rtnl::detail {

namespace {

bool has_ways(const route& r) noexcept
{
  // IPv6 shows the loopback as the way of a route that drops packets
  return !r.nexthop_id && r.type != route_type::blackhole && r.type != route_type::unreachable &&
         r.type != route_type::prohibit && r.type != route_type::throw_;
}

} // namespace

// As canonical() has them, without a copy of the route.
route_key key_of(const route& r)
{
  std::optional<net::subnet> from;
  if (r.from && !r.from->is_default()) from = *r.from;
  const auto table = r.table == RT_TABLE_UNSPEC ? std::uint32_t(RT_TABLE_MAIN) : r.table;
  const bool is_unnamed = r.metric == 0 && r.family() == net::family::v6;
  return {table, r.destination, from, r.tos, is_unnamed ? default_v6_metric : r.metric};
}

view::view(const observed& there)
{
  for (const auto& l : there.links) {
    by_index_.emplace(l.index, &l);
    by_name_.insert_or_assign(l.name, &l);
    for (const auto& other : l.alternative_names) by_name_.emplace(other, &l);
  }
  for (const auto& a : there.addresses) addresses_.emplace(a.link, a.local, a.peer);
  for (const auto& n : there.neighbours)
    if (!n.is_proxy()) neighbours_.emplace(std::pair(n.link, n.address), &n);
  for (const auto& r : there.rules) rules_.emplace(r.priority.value_or(0), &r);
}

const link* view::find(const std::string& name) const
{
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

std::string view::own_name(const std::string& name) const
{
  const auto* one = find(name);
  return one == nullptr ? name : one->name;
}

std::string view::name(std::uint32_t index) const
{
  const auto found = by_index_.find(index);
  return found == by_index_.end() ? std::string() : found->second->name;
}

bool view::is_called(std::uint32_t index, const std::string& name) const
{
  if (name.empty()) return index == 0;
  const auto* one = find(name);
  return one != nullptr && one->index == index;
}

bool view::has(const desired_address& wanted) const
{
  const auto a = canonical(wanted);
  const auto* on = find(a.link);
  return on != nullptr && addresses_.contains({on->index, a.local, a.peer});
}

const neighbour* view::find(const desired_neighbour& n) const
{
  const auto* on = find(n.link);
  if (on == nullptr) return nullptr;
  const auto found = neighbours_.find({on->index, n.address});
  return found == neighbours_.end() ? nullptr : found->second;
}

bool view::has(const rule& r) const
{
  const auto [first, last] = rules_.equal_range(r.priority.value_or(0));
  return std::any_of(first, last, [&r](const auto& each) { return is_same(*each.second, r); });
}

const rule* view::find(const rule& r) const
{
  const auto [first, last] = rules_.equal_range(r.priority.value_or(0));
  const auto found = std::find_if(first, last, [&r](const auto& each) {
    return each.second->protocol == r.protocol && is_same(*each.second, r);
  });
  return found == last ? nullptr : found->second;
}

bool view::is_same_way(const next_hop& want, const std::string& device, const next_hop& there,
                       bool several) const
{
  if (want.gateway != there.gateway || !(want.encap == there.encap) || !(want.realm == there.realm))
    return false;
  if (!device.empty() && !is_called(there.output, device)) return false;
  if (device.empty() && want.output != 0 && want.output != there.output) return false;
  if (((want.flags ^ there.flags) & RTNH_F_ONLINK) != 0) return false;
  return !several || want.weight == there.weight;
}

bool view::is_same_route(const desired_route& want, const route& there) const
{
  const auto r = canonical(want.value), one = canonical(there);
  if (r.source != one.source || r.nexthop_id != one.nexthop_id) return false;
  // a route over a nexthop that drops packets is listed as one that drops them
  if (!r.nexthop_id && r.type != one.type) return false;
  if (!(r.metrics == one.metrics)) return false;
  if (r.scope && r.scope != one.scope) return false;
  if (r.preference && r.preference != one.preference) return false;
  if (!has_ways(r)) return true;
  if (r.hops.size() != one.hops.size()) return false;
  // IPv6 lists the ways in an order of its own
  std::vector<const next_hop*> left;
  for (const auto& hop : one.hops) left.push_back(&hop);
  for (std::size_t n = 0; n < r.hops.size(); ++n) {
    const auto found = std::find_if(left.begin(), left.end(), [&](const next_hop* hop) {
      return is_same_way(r.hops[n], want.devices[n], *hop, r.hops.size() > 1);
    });
    if (found == left.end()) return false;
    left.erase(found);
  }
  return true;
}

desired_route view::named(const route& r) const
{
  desired_route result(r);
  for (std::size_t n = 0; n < r.hops.size(); ++n) result.devices[n] = name(r.hops[n].output);
  return result;
}

} // namespace linx::rtnl::detail
