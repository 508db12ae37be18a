#include <linx/rtnl/cache.hpp>

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>
#include <utility>

namespace linx::rtnl {

namespace {

constexpr std::uint32_t iff_lower_up = 1 << 16; // linux/if.h, which clashes with net/if.h
constexpr std::uint32_t state_flags = IFF_UP | IFF_RUNNING | iff_lower_up;

// Without what the kernel changes by itself.
route lasting(route r)
{
  for (auto& hop : r.hops) hop.flags &= RTNH_F_ONLINK | RTNH_F_PERVASIVE;
  r.flags = 0;
  r.expires.reset();
  r.lookup = {};
  return r;
}

rule lasting(rule r)
{
  r.flags = 0;
  return r;
}

template <class Map>
auto values_of(const Map& map)
{
  std::vector<typename Map::mapped_type> all;
  all.reserve(map.size());
  for (const auto& [key, value] : map) all.push_back(value);
  return all;
}

} // namespace

cache::address_key cache::key_of(const address& a)
{
  // IPv6 has one of each address on a link, whatever its prefix and peer (ipv6_get_ifaddr in the kernel).
  if (a.local.address().is_v6()) return {a.link, a.local.address(), 0, std::nullopt};
  return {a.link, a.local.address(), a.local.prefix(), a.peer};
}

cache::route_key cache::key_of(const route& r)
{
  const auto from = r.from ? std::optional(*r.from) : std::nullopt;
  return {r.table, r.destination, from, r.tos, r.metric};
}

void cache::apply(const event& e)
{
  std::visit([this](const auto& one) { apply_to(one); }, e);
}

void cache::relist(table which, const std::vector<event>& listed)
{
  clear(which);
  for (const auto& e : listed) apply(e);
  doubtful_.erase(which);
}

void cache::doubt(table which)
{
  if (synchronized_ && options_.tables().contains(which)) doubtful_.insert(which);
}

void cache::doubt_routes()
{
  doubt(table::routes_v4);
  doubt(table::routes_v6);
}

// A rule says whether the interface that it names is there (FIB_RULE_IIF_DETACHED).
void cache::doubt_named_rules(std::string_view link_name)
{
  for (const auto& r : rules_)
    if (r.input == link_name || r.output == link_name) return doubt(table::rules);
}

void cache::apply_to(const changed<link>& e)
{
  const auto& now = e.value();
  const auto found = links_.find(now.index);
  if (e.what() == change::listed) {
    links_.insert_or_assign(now.index, now);
    return;
  }
  const link* before = found == links_.end() ? nullptr : &found->second;
  const bool removed = e.what() == change::removed;
  const bool moved = removed || before == nullptr || ((before->flags ^ now.flags) & state_flags) != 0 ||
                     before->master != now.master;
  // A link that is not fully up may have been listed so before the kernel was done with its routes.
  if (moved || !now.is_up() || !now.has_carrier()) {
    doubt_routes();
    doubt(table::nexthops);
    doubt(table::qdiscs);
  }
  // rt6_mtu_change in the kernel
  if (before != nullptr && before->mtu != now.mtu) doubt(table::routes_v6);
  // others refer to it: both ends of a veth are told of before they know each other
  if (removed || before == nullptr) doubt(table::links);
  if (removed || before == nullptr || before->name != now.name) {
    doubt_named_rules(now.name);
    if (before != nullptr) doubt_named_rules(before->name);
  }
  if (removed)
    links_.erase(now.index);
  else
    links_.insert_or_assign(now.index, now);
}

void cache::apply_to(const changed<address>& e)
{
  if (e.what() != change::removed) {
    addresses_.insert_or_assign(key_of(e.value()), e.value());
    return;
  }
  addresses_.erase(key_of(e.value()));
  // Routes with that source: IPv4 drops them (fib_sync_down_addr), IPv6 takes it out (rt6_remove_prefsrc).
  doubt(e.value().local.address().is_v6() ? table::routes_v6 : table::routes_v4);
}

void cache::apply_to(const changed<route>& e)
{
  const auto& r = e.value();
  if ((r.flags & RTM_F_CLONED) != 0) return; // of one destination's cache, which no listing shows
  const bool v6 = r.family() == net::family::v6;
  auto& routes = v6 ? routes_v6_ : routes_v4_;
  const auto [first, last] = routes.equal_range(key_of(r));
  const auto same = lasting(r);
  const auto found =
      std::find_if(first, last, [&same](const auto& one) { return lasting(one.second) == same; });
  const auto unsure = [&] {
    if (e.what() != change::listed && first != last) doubt(v6 ? table::routes_v6 : table::routes_v4);
  };
  if (e.what() == change::removed) {
    if (found == last) return unsure();
    routes.erase(found);
    return;
  }
  if (found != last) {
    found->second = r;
    return;
  }
  // in place of one of them, or beside them
  unsure();
  routes.emplace(key_of(r), r);
}

void cache::apply_to(const changed<nexthop>& e)
{
  if (e.what() == change::listed) {
    nexthops_.insert_or_assign(e.value().id, e.value());
    return;
  }
  if (e.what() == change::removed) {
    nexthops_.erase(e.value().id);
    doubt(table::nexthops); // groups that it was in
    doubt_routes();
    return;
  }
  // the ways of its routes are its own
  if (!nexthops_.insert_or_assign(e.value().id, e.value()).second) doubt_routes();
}

void cache::apply_to(const changed<rule>& e)
{
  if (e.what() == change::listed) {
    rules_.push_back(e.value());
    return;
  }
  const auto same = lasting(e.value());
  const auto found =
      std::find_if(rules_.begin(), rules_.end(), [&same](const rule& one) { return lasting(one) == same; });
  const bool known = found != rules_.end();
  if (e.what() == change::removed) {
    if (known) rules_.erase(found);
  } else {
    // told of what has been listed, or of a second one that says the same
    if (known) return doubt(table::rules);
    rules_.push_back(e.value());
  }
  // whether its target is there
  const auto jumps = [](const rule& one) { return one.action == rule_action::go_to; };
  if (std::any_of(rules_.begin(), rules_.end(), jumps)) doubt(table::rules);
}

void cache::apply_to(const changed<neighbour>& e)
{
  const auto& n = e.value();
  const neighbour_key key(n.link, n.address);
  const bool resolved = n.state != NUD_NONE && (n.state & NUD_NOARP) == 0;
  if (e.what() == change::removed || !resolved)
    neighbours_.erase(key);
  else
    neighbours_.insert_or_assign(key, n);
}

void cache::apply_to(const changed<qdisc>& e)
{
  const auto& q = e.value();
  const qdisc_key key(q.link, q.parent.raw());
  const auto found = qdiscs_.find(key);
  if (e.what() == change::removed) {
    // what hung on it went too, and the kernel may have put its own choice in its place
    if (found != qdiscs_.end() && found->second.handle == q.handle) qdiscs_.erase(found);
    doubt(table::qdiscs);
    return;
  }
  if (e.what() == change::set && (found == qdiscs_.end() || found->second.kind != q.kind))
    doubt(table::qdiscs);
  qdiscs_.insert_or_assign(key, q);
}

void cache::apply_to(const netlink::lost&)
{
  for (const auto which : options_.tables()) clear(which);
  doubtful_.clear();
  synchronized_ = false;
}

void cache::apply_to(const synchronized&)
{
  synchronized_ = true;
}

void cache::clear(table which)
{
  switch (which) {
  case table::links:
    return links_.clear();
  case table::addresses:
    return addresses_.clear();
  case table::nexthops:
    return nexthops_.clear();
  case table::routes_v4:
    return routes_v4_.clear();
  case table::routes_v6:
    return routes_v6_.clear();
  case table::rules:
    return rules_.clear();
  case table::neighbours:
    return neighbours_.clear();
  case table::qdiscs:
    return qdiscs_.clear();
  }
}

const link* cache::find_link(std::uint32_t index) const noexcept
{
  const auto found = links_.find(index);
  return found == links_.end() ? nullptr : &found->second;
}

const link* cache::find_link(std::string_view name) const noexcept
{
  const auto found =
      std::find_if(links_.begin(), links_.end(), [name](const auto& one) { return one.second.name == name; });
  return found == links_.end() ? nullptr : &found->second;
}

std::vector<link> cache::links() const
{
  return values_of(links_);
}

std::vector<address> cache::addresses() const
{
  return values_of(addresses_);
}

std::vector<route> cache::routes() const
{
  auto all = values_of(routes_v4_);
  for (const auto& [key, value] : routes_v6_) all.push_back(value);
  return all;
}

std::vector<nexthop> cache::nexthops() const
{
  return values_of(nexthops_);
}

std::vector<rule> cache::rules() const
{
  auto all = rules_;
  std::stable_sort(all.begin(), all.end(), [](const rule& a, const rule& b) {
    return std::pair(a.family, a.priority.value_or(0)) < std::pair(b.family, b.priority.value_or(0));
  });
  return all;
}

std::vector<neighbour> cache::neighbours() const
{
  return values_of(neighbours_);
}

std::vector<qdisc> cache::qdiscs() const
{
  return values_of(qdiscs_);
}

} // namespace linx::rtnl
