#include <linx/rtnl/plan.hpp>

#include "rtnl/canonical.hpp"
#include "rtnl/check_desired.hpp"
#include "rtnl/new_link_check.hpp"
#include "rtnl/unmet_options.hpp"
#include "rtnl/view.hpp"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <map>
#include <set>

namespace linx::rtnl {

namespace {

using verb = action::verb;

bool has_gateway(const desired_route& r) noexcept
{
  const auto& hops = r.value.hops;
  return std::any_of(hops.begin(), hops.end(), [](const next_hop& hop) { return hop.gateway.has_value(); });
}

class planner {
public:
  planner(const desired& want, const observed& there, const desired& last)
      : want_(want), there_(there), last_(last), now_(there)
  {}

  // `links` are those that are wanted, in the order in which they can be made.
  plan steps(const std::vector<const desired_link*>& links)
  {
    plan_links(links);
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
    const auto found = wanted_.find(now_.own_name(name));
    return found == wanted_.end() ? nullptr : found->second;
  }

  // Settings alone, of which those that hold are left out.
  desired_link settings(const desired_link& l, const link* one) const
  {
    desired_link left(l.name);
    if (l.address && (one == nullptr || one->address != l.address)) left.address = l.address;
    if (l.mtu_bytes && (one == nullptr || one->mtu != *l.mtu_bytes)) left.mtu_bytes = l.mtu_bytes;
    if (l.master && !now_.is_called(one == nullptr ? 0 : one->master.value_or(0), *l.master))
      left.master = l.master;
    if (one != nullptr) left.data = compare(l.data, one->data).data;
    if (l.is_up && (one == nullptr ? false : one->is_up()) != *l.is_up) left.is_up = l.is_up;
    return left;
  }

  // Whether what is there is what `l` would be made as, but for what can be changed.
  bool is_made_so(const desired_link& l, const link& one) const
  {
    if (!l.data) return true;
    if (one.kind != kind_name(l.data) || compare(l.data, one.data).is_fixed) return false;
    return l.lower.empty() || now_.is_called(lower_of(one), l.lower);
  }

  void plan_links(const std::vector<const desired_link*>& links)
  {
    for (const auto& l : want_.links)
      if (!l.peer.empty()) wanted_.emplace(now_.own_name(l.peer), &l);
    for (const auto& l : want_.links) wanted_.insert_or_assign(now_.own_name(l.name), &l);
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
    for (const auto* each : links) {
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

  // What an address is known by, whatever its link is called.
  std::string identity(const desired_address& a) const
  {
    auto own = detail::canonical(a);
    own.link = now_.own_name(a.link);
    return to_string(own);
  }

  void plan_addresses()
  {
    std::set<std::string> wanted;
    for (const auto& a : want_.addresses) wanted.insert(identity(a));
    plan later;
    for (const auto& a : last_.addresses) {
      if (!now_.has(a) || wanted.contains(identity(a))) continue;
      if (is_replaced(a))
        later.emplace_back(verb::remove, a);
      else
        remove(a);
    }
    for (const auto& a : want_.addresses)
      if (!now_.has(a)) add(a);
    steps_.insert(steps_.end(), later.begin(), later.end());
  }

  // The last IPv4 address of a link takes all routes by it along, so the next one is made first. One with the
  // same address in another network is in its way.
  bool is_replaced(const desired_address& gone) const
  {
    if (gone.local.family() != net::family::v4) return false;
    bool is_followed = false;
    for (const auto& a : want_.addresses) {
      if (a.local.family() != net::family::v4 || now_.own_name(a.link) != now_.own_name(gone.link)) continue;
      if (a.local.address() == gone.local.address()) return false;
      is_followed = true;
    }
    return is_followed;
  }

  void plan_neighbours()
  {
    std::set<std::pair<std::string, net::ip>> wanted;
    for (const auto& n : want_.neighbours) wanted.emplace(now_.own_name(n.link), n.address);
    for (const auto& n : last_.neighbours) {
      const auto* one = now_.find(n);
      const bool is_wanted = wanted.contains({now_.own_name(n.link), n.address});
      if (!is_wanted && one != nullptr && holds(n, *one)) remove(n);
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
    std::multimap<detail::route_key, const route*> ours;
    std::set<detail::route_key> foreign;
    for (const auto& r : there_.routes) {
      if ((r.flags & RTM_F_CLONED) != 0) continue;
      if (r.protocol == want_.protocol)
        ours.emplace(detail::key_of(r), &r);
      else
        foreign.insert(detail::key_of(r));
    }
    // those on a link first: the gateways of the others are reached by them
    auto wanted = want_.routes;
    std::stable_partition(wanted.begin(), wanted.end(), [](const auto& r) { return !has_gateway(r); });
    for (auto& r : wanted) {
      r.value.protocol = want_.protocol;
      const auto key = detail::key_of(r.value);
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

  // As the kernel lists it, with the protocol that tells it from another's.
  void plan_rules()
  {
    const auto is_wanted = [this](const rule& r) {
      return std::any_of(want_.rules.begin(), want_.rules.end(), [&r](const rule& one) {
        return one.priority == r.priority && detail::is_same(one, r);
      });
    };
    for (const auto& r : last_.rules) {
      const auto* one = now_.find(r);
      if (one != nullptr && !is_wanted(r)) remove(*one);
    }
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
  detail::view now_;
  std::map<std::string, const desired_link*> wanted_; // links, also the other ends of pairs
  plan removals_;
  plan steps_;
};

} // namespace

result<plan> diff(const desired& want, const observed& there, const desired& last)
{
  BOOST_OUTCOME_TRYV(detail::check(want));
  BOOST_OUTCOME_TRY(const auto links, detail::in_order(want.links));
  return planner(want, there, last).steps(links);
}

} // namespace linx::rtnl
