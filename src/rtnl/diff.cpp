#include <linx/rtnl/plan.hpp>

#include "rtnl/encode_link.hpp"
#include "rtnl/new_link_check.hpp"
#include "rtnl/unmet_options.hpp"

#include <linx/rtnl/new_link.hpp>

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace linx::rtnl {

namespace {

using verb = action::verb;
using route_key =
    std::tuple<std::uint32_t, net::subnet, std::optional<net::subnet>, std::uint8_t, std::uint32_t>;

constexpr std::uint32_t default_v6_metric = 1024; // IP6_RT_PRIO_USER in the kernel

route_key key_of(const route& r)
{
  const auto from = r.from ? std::optional(*r.from) : std::nullopt;
  const bool unnamed = r.metric == 0 && r.family() == net::family::v6;
  return {r.table, r.destination, from, r.tos, unnamed ? default_v6_metric : r.metric};
}

// By what it does, and not by who made it and what the kernel says of it.
bool is_same(rule a, rule b)
{
  a.flags = b.flags = 0;
  a.protocol = b.protocol = 0;
  return a == b;
}

// Rules found by their priority.
class rule_index {
public:
  explicit rule_index(const std::vector<rule>& rules)
  {
    for (const auto& r : rules) by_priority_.emplace(r.priority.value_or(0), &r);
  }

  bool has(const rule& r) const
  {
    const auto [first, last] = by_priority_.equal_range(r.priority.value_or(0));
    return std::any_of(first, last, [&r](const auto& one) { return is_same(*one.second, r); });
  }

private:
  std::multimap<std::uint32_t, const rule*> by_priority_;
};

bool has_ways(const route& r) noexcept
{
  // IPv6 shows the loopback as the way of a route that drops packets
  return !r.nexthop_id && r.type != route_type::blackhole && r.type != route_type::unreachable &&
         r.type != route_type::prohibit && r.type != route_type::throw_;
}

// What is there, found by name.
class view {
public:
  explicit view(const observed& there) : rules_(there.rules)
  {
    for (const auto& l : there.links) {
      by_name_.emplace(l.name, &l);
      names_.emplace(l.index, l.name);
    }
    for (const auto& a : there.addresses) addresses_.emplace(name(a.link), a.local, a.peer);
    for (const auto& n : there.neighbours)
      if (!n.is_proxy()) neighbours_.emplace(std::pair(name(n.link), n.address), &n);
  }

  const link* find(const std::string& name) const
  {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
  }
  // "" for one that is not there.
  std::string name(std::uint32_t index) const
  {
    const auto found = names_.find(index);
    return found == names_.end() ? std::string() : found->second;
  }

  bool has(const desired_address& a) const { return addresses_.contains({a.link, a.local, a.peer}); }
  const neighbour* find(const desired_neighbour& n) const
  {
    const auto found = neighbours_.find({n.link, n.address});
    return found == neighbours_.end() ? nullptr : found->second;
  }
  bool has(const rule& r) const { return rules_.has(r); }

  bool is_same_way(const next_hop& want, const std::string& device, const next_hop& one, bool several) const
  {
    if (want.gateway != one.gateway || !(want.encap == one.encap)) return false;
    if (!device.empty() && name(one.output) != device) return false;
    if (device.empty() && want.output != 0 && want.output != one.output) return false;
    if (((want.flags ^ one.flags) & RTNH_F_ONLINK) != 0) return false;
    return !several || want.weight == one.weight;
  }

  bool is_same_route(const desired_route& want, const route& one) const
  {
    const auto& r = want.value;
    if (r.type != one.type || r.source != one.source || r.nexthop_id != one.nexthop_id) return false;
    if (!(r.metrics == one.metrics)) return false;
    if (r.scope && r.scope != one.scope) return false;
    if (r.preference && r.preference != one.preference) return false;
    if (!has_ways(r)) return true;
    if (r.hops.size() != one.hops.size()) return false;
    // IPv6 lists the ways in an order of its own
    std::vector<const next_hop*> left;
    for (const auto& hop : one.hops) left.push_back(&hop);
    for (std::size_t n = 0; n < r.hops.size(); ++n) {
      const auto& device = want.devices[n];
      const auto found = std::find_if(left.begin(), left.end(), [&](const next_hop* hop) {
        return is_same_way(r.hops[n], device, *hop, r.hops.size() > 1);
      });
      if (found == left.end()) return false;
      left.erase(found);
    }
    return true;
  }

  desired_route named(const route& r) const
  {
    desired_route result(r);
    for (std::size_t n = 0; n < r.hops.size(); ++n) result.devices[n] = name(r.hops[n].output);
    return result;
  }

private:
  std::map<std::string, const link*> by_name_;
  std::map<std::uint32_t, std::string> names_;
  std::set<std::tuple<std::string, net::interface_address, std::optional<net::ip>>> addresses_;
  std::map<std::pair<std::string, net::ip>, const neighbour*> neighbours_;
  rule_index rules_;
};

template <class T>
std::string words_of(const char* kind, const T& one)
{
  return std::string(kind) + " " + to_string(one);
}

// What would be refused when it is made, refused before anything is done.
result<> check_made(const desired_link& l)
{
  if (!l.data) {
    if (l.lower.empty()) return success();
    return error::argument(words_of("link", l) +
                           ": it is on another one, and no kind is named to make it of");
  }
  if (!l.peer.empty()) return success();
  new_link made(l.name, l.data);
  if (!l.lower.empty()) made.lower(l.lower);
  BOOST_OUTCOME_TRYV(encode_new_link(made, 0));
  return success();
}

// Each link behind the one that it is on. Nothing if they are on each other in turn.
std::optional<std::vector<const desired_link*>> bottom_up(const std::vector<desired_link>& links)
{
  std::map<std::string_view, const desired_link*> left;
  for (const auto& l : links) left.emplace(l.name, &l);
  std::vector<const desired_link*> all;
  while (!left.empty()) {
    const auto before = left.size();
    for (const auto& l : links) {
      if (!left.contains(l.name) || (l.lower != "" && left.contains(l.lower))) continue;
      all.push_back(&l);
      left.erase(l.name);
    }
    if (left.size() == before) return std::nullopt;
  }
  return all;
}

result<> check(const desired& want)
{
  std::set<std::string> seen;
  const auto once = [&seen](const std::string& identity, const std::string& words) -> result<> {
    if (!seen.insert(identity).second) return error::argument(words + " is wanted twice");
    return success();
  };
  if (want.protocol <= RTPROT_KERNEL)
    return error::argument("route protocol " + std::to_string(want.protocol) +
                           " belongs to the kernel; take one from 192 to 255");
  for (const auto& l : want.links) {
    if (l.name.empty()) return error::argument("a link without a name");
    BOOST_OUTCOME_TRYV(once("l" + l.name, words_of("link", l)));
    BOOST_OUTCOME_TRYV(check_made(l));
  }
  if (!bottom_up(want.links)) return error::argument("links that are on each other in turn");
  for (const auto& a : want.addresses) {
    if (a.link.empty()) return error::argument(words_of("address", a) + ": it has no link");
    BOOST_OUTCOME_TRYV(once("a" + to_string(a), words_of("address", a)));
  }
  for (const auto& n : want.neighbours) {
    if (n.link.empty()) return error::argument(words_of("neighbour", n) + ": it has no link");
    BOOST_OUTCOME_TRYV(once("n" + to_string(n.address) + " " + n.link, words_of("neighbour", n)));
  }
  for (const auto& r : want.rules) {
    if (!r.priority) return error::argument(words_of("rule", r) + ": it needs a priority to be known by");
    BOOST_OUTCOME_TRYV(once("r" + to_string(r), words_of("rule", r)));
  }
  std::set<route_key> keys;
  for (const auto& r : want.routes) {
    if (r.devices.size() != r.value.hops.size())
      return error::argument(words_of("route", r) + ": it does not have one device for each way");
    if (!keys.insert(key_of(r.value)).second)
      return error::argument(words_of("route", r) +
                             ": its table, destination and metric are wanted twice; give it several ways");
  }
  return success();
}

class planner {
public:
  planner(const desired& want, const observed& there, const desired& last)
      : want_(want), there_(there), last_(last), now_(there)
  {}

  plan steps()
  {
    plan_links();
    plan_addresses();
    plan_neighbours();
    plan_routes();
    plan_rules();
    // removals were found in the order of dependence: what depends on others goes first
    plan all(removals_.rbegin(), removals_.rend());
    all.insert(all.end(), steps_.begin(), steps_.end());
    return all;
  }

private:
  void remove(action::object what) { removals_.emplace_back(verb::remove, std::move(what)); }
  void add(action::object what) { steps_.emplace_back(verb::add, std::move(what)); }
  void change(action::object what) { steps_.emplace_back(verb::change, std::move(what)); }

  const desired_link* wanted(const std::string& name) const
  {
    for (const auto& l : want_.links)
      if (l.name == name || l.peer == name) return &l;
    return nullptr;
  }

  // Settings alone, of which those that hold are left out.
  desired_link settings(const desired_link& l, const link* one) const
  {
    desired_link left(l.name);
    if (l.address && (one == nullptr || one->address != l.address)) left.address = l.address;
    if (l.mtu_bytes && (one == nullptr || one->mtu != *l.mtu_bytes)) left.mtu_bytes = l.mtu_bytes;
    if (l.master) {
      const auto has = one == nullptr ? std::string() : now_.name(one->master.value_or(0));
      if (has != *l.master) left.master = l.master;
    }
    if (one != nullptr) left.data = compare(l.data, one->data).data;
    if (l.is_up && (one == nullptr ? false : one->is_up()) != *l.is_up) left.is_up = l.is_up;
    return left;
  }

  // Whether what is there is what `l` would be made as, but for what can be changed.
  bool is_made_so(const desired_link& l, const link& one) const
  {
    if (!l.data) return true;
    if (one.kind != kind_name(l.data) || compare(l.data, one.data).is_fixed) return false;
    return l.lower.empty() || now_.name(lower_of(one)) == l.lower;
  }

  void plan_links()
  {
    std::set<std::string> gone;
    for (const auto& l : last_.links) {
      const auto* one = now_.find(l.name);
      const std::string kind(kind_name(l.data));
      if (kind.empty() || one == nullptr || one->kind != kind) continue;
      const auto* still = wanted(l.name);
      const bool replaced = still != nullptr && still->name == l.name && still->data &&
                            (!is_made_so(*still, *one) || still->peer != l.peer);
      if (still != nullptr && !replaced) continue;
      desired_link bare(l.name);
      remove(std::move(bare.made_as(kind)));
      gone.insert(l.name);
      if (!l.peer.empty()) gone.insert(l.peer);
    }
    std::set<std::string> made;
    std::vector<desired_link> changes;
    for (const auto* each : bottom_up(want_.links).value_or(std::vector<const desired_link*>())) {
      const auto& l = *each;
      const auto* one = gone.contains(l.name) ? nullptr : now_.find(l.name);
      // one that is not ours is in the way: that is for the kernel to say
      const bool is_other = one != nullptr && !is_made_so(l, *one);
      if ((one == nullptr && !made.contains(l.name)) || is_other) {
        desired_link bare(l.name);
        bare.data = l.data;
        bare.peer = l.peer;
        bare.lower = l.lower;
        add(std::move(bare));
        if (!l.peer.empty()) made.insert(l.peer);
      }
      auto left = settings(l, is_other ? nullptr : one);
      if (!(left == desired_link(l.name))) changes.push_back(std::move(left));
    }
    // after all have been made: a setting may name another link
    for (auto& one : changes) change(std::move(one));
  }

  void plan_addresses()
  {
    std::set<std::string> wanted;
    for (const auto& a : want_.addresses) wanted.insert(to_string(a));
    for (const auto& a : last_.addresses)
      if (now_.has(a) && !wanted.contains(to_string(a))) remove(a);
    for (const auto& a : want_.addresses)
      if (!now_.has(a)) add(a);
  }

  void plan_neighbours()
  {
    std::set<std::pair<std::string, net::ip>> wanted;
    for (const auto& n : want_.neighbours) wanted.emplace(n.link, n.address);
    for (const auto& n : last_.neighbours) {
      const auto* one = now_.find(n);
      if (!wanted.contains({n.link, n.address}) && one != nullptr && holds(n, *one)) remove(n);
    }
    for (const auto& n : want_.neighbours) {
      const auto* one = now_.find(n);
      if (one == nullptr)
        add(n);
      else if (!holds(n, *one))
        change(n);
    }
  }

  void plan_routes()
  {
    std::multimap<route_key, const route*> ours;
    std::set<route_key> foreign;
    for (const auto& r : there_.routes) {
      if ((r.flags & RTM_F_CLONED) != 0) continue;
      if (r.protocol == want_.protocol)
        ours.emplace(key_of(r), &r);
      else
        foreign.insert(key_of(r));
    }
    for (auto r : want_.routes) {
      r.value.protocol = want_.protocol;
      const auto key = key_of(r.value);
      const auto [first, last] = ours.equal_range(key);
      const auto same =
          std::find_if(first, last, [&](const auto& one) { return now_.is_same_route(r, *one.second); });
      if (same != last) {
        ours.erase(same);
        continue;
      }
      // The kernel replaces the first with that key, which may be another's.
      if (first == last || foreign.contains(key)) {
        add(std::move(r));
        continue;
      }
      ours.erase(first);
      change(std::move(r));
    }
    for (const auto& [key, r] : ours) remove(now_.named(*r));
  }

  void plan_rules()
  {
    const rule_index wanted(want_.rules);
    for (const auto& r : last_.rules)
      if (!wanted.has(r) && now_.has(r)) remove(r);
    for (const auto& r : want_.rules)
      if (!now_.has(r)) add(r);
  }

  static bool holds(const desired_neighbour& n, const neighbour& one)
  {
    return one.link_address == n.link_address && (one.state & NUD_PERMANENT) != 0;
  }

  const desired& want_;
  const observed& there_;
  const desired& last_;
  view now_;
  plan removals_;
  plan steps_;
};

} // namespace

result<plan> diff(const desired& want, const observed& there, const desired& last)
{
  BOOST_OUTCOME_TRYV(check(want));
  return planner(want, there, last).steps();
}

} // namespace linx::rtnl
