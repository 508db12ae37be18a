#include "rtnl/exact_removal.hpp"

#include "rtnl/canonical.hpp"
#include "rtnl/encode_address.hpp"
#include "rtnl/encode_neighbour.hpp"
#include "rtnl/encode_route.hpp"
#include "rtnl/encode_rule.hpp"

#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include <algorithm>

namespace linx::rtnl {

namespace {

template <class T>
bool fits(const std::optional<T>& named, const std::optional<T>& there)
{
  return !named || named == there;
}
template <class T>
bool fits(const T& named, const T& there)
{
  return named == T() || named == there;
}

// Whether the removal of one would do for the other. rule_find() tells more of them apart, by masks and by
// what linx does not know: those are taken down and put back needlessly, and none by mistake.
bool would_take(const rule& gone, const rule& there)
{
  const auto a = detail::canonical(gone), b = detail::canonical(there);
  return a.family == b.family && fits(a.priority, b.priority) && fits(a.source, b.source) &&
         fits(a.destination, b.destination) && fits(a.input, b.input) && fits(a.output, b.output) &&
         fits(a.mark, b.mark) && fits(a.mask, b.mask) && fits(a.tos, b.tos) &&
         fits(a.ip_protocol, b.ip_protocol) && fits(a.users, b.users) &&
         fits(a.source_ports, b.source_ports) && fits(a.destination_ports, b.destination_ports) &&
         fits(a.tunnel_id, b.tunnel_id) && fits(a.l3mdev, b.l3mdev) && fits(a.action, b.action) &&
         fits(a.table, b.table) && fits(a.protocol, b.protocol) && fits(a.realm, b.realm) &&
         fits(a.dscp, b.dscp) && fits(a.flow_label, b.flow_label) &&
         fits(a.suppress_prefix_length, b.suppress_prefix_length) && fits(a.suppress_group, b.suppress_group);
}

using rule_list = std::vector<const rule*>;

rule_list::const_iterator first_taken(const rule_list& all, const rule& gone)
{
  return std::find_if(all.begin(), all.end(), [&](const rule* each) { return would_take(gone, *each); });
}

// From `all` those that stand from `first` on, in an order in which each removal finds its own. Nothing where
// one would take another that stands before `first`.
std::optional<rule_list> order_of_removal(rule_list all, std::size_t first)
{
  rule_list order;
  for (auto left = all.size() - first; left != 0; --left) {
    const auto own = std::find_if(all.begin() + static_cast<std::ptrdiff_t>(first), all.end(),
                                  [&](const rule* each) { return *first_taken(all, *each) == each; });
    if (own == all.end()) return std::nullopt;
    order.push_back(*own);
    all.erase(own);
  }
  return order;
}

// The network that the address is one of: of the other end where there is one.
net::subnet network_of(const address& a)
{
  return a.peer ? net::interface_address(*a.peer, a.local.prefix()).network() : a.local.network();
}

bool is_in_network_of(const address& primary, const address& other)
{
  return other.link == primary.link && (other.flags & IFA_F_SECONDARY) != 0 &&
         network_of(other) == network_of(primary) && !(other == primary);
}

bool is_primary_v4(const address& a) noexcept
{
  return a.local.family() == net::family::v4 && (a.flags & IFA_F_SECONDARY) == 0;
}

} // namespace

result<requests> removal_of(const rule& gone, const std::vector<rule>& listed)
{
  rule_list all;
  for (const auto& each : listed)
    if (each.family == gone.family && each.priority == gone.priority) all.push_back(&each);
  requests result;
  const auto taken = first_taken(all, gone);
  const auto own = std::find_if(all.begin(), all.end(), [&](const rule* each) {
    return detail::is_same(*each, gone) && each->protocol == gone.protocol;
  });
  if (taken == own || own == all.end()) {
    BOOST_OUTCOME_TRY(auto one, encode_remove_of_protocol(gone));
    result.push_back(std::move(one));
    return result;
  }
  auto first = static_cast<std::size_t>(taken - all.begin());
  auto order = order_of_removal(all, first);
  if (!order) {
    first = 0; // each takes itself or an earlier one, so in the whole list one always takes itself
    order = order_of_removal(all, first);
  }
  for (const rule* each : *order) {
    BOOST_OUTCOME_TRY(auto one, encode_remove_of_protocol(*each));
    result.push_back(std::move(one));
  }
  for (std::size_t n = first; n < all.size(); ++n) {
    if (all[n] == *own) continue;
    BOOST_OUTCOME_TRY(auto one, encode_new(*all[n], NLM_F_CREATE));
    result.push_back(std::move(one));
  }
  return result;
}

along what_goes_along(const address& gone, const std::vector<address>& addresses)
{
  along with;
  if (gone.local.family() != net::family::v4) return with;
  with.all = true;
  for (const auto& each : addresses) {
    if (each == gone || each.link != gone.link) continue;
    if (is_primary_v4(gone) && is_in_network_of(gone, each))
      with.addresses.push_back(each);
    else
      with.all = false;
  }
  return with;
}

result<requests> removal_of(const address& gone, const along& with, const std::vector<route>& routes,
                            const std::vector<neighbour>& neighbours)
{
  requests result;
  const auto add = [&result](auto encoded) -> linx::result<> {
    BOOST_OUTCOME_TRY(auto one, std::move(encoded));
    result.push_back(std::move(one));
    return success();
  };
  BOOST_OUTCOME_TRYV(add(encode_remove(gone)));
  // replaced where they were promoted and are there
  for (const auto& each : with.addresses) {
    BOOST_OUTCOME_TRYV(add(encode_new(each, NLM_F_CREATE | NLM_F_REPLACE)));
  }
  const auto went = [&](const route& r) {
    const auto is_source = [&r](const address& each) { return r.source == each.local.address(); };
    const auto is_here = [&gone](const next_hop& hop) { return hop.output == gone.link; };
    return r.protocol != RTPROT_KERNEL && // those come by themselves
           (std::any_of(with.addresses.begin(), with.addresses.end(), is_source) ||
            (with.all && std::any_of(r.hops.begin(), r.hops.end(), is_here)));
  };
  // the gateways of the others are reached by those that have none
  for (const bool with_gateway : {false, true}) {
    for (const auto& each : routes) {
      const bool has_gateway = std::any_of(each.hops.begin(), each.hops.end(),
                                           [](const next_hop& hop) { return hop.gateway.has_value(); });
      if (has_gateway != with_gateway || !went(each)) continue;
      BOOST_OUTCOME_TRYV(add(encode_new(each, NLM_F_CREATE | NLM_F_EXCL)));
    }
  }
  for (const auto& each : neighbours)
    if (with.all && each.link == gone.link && (each.state & NUD_PERMANENT) != 0)
      result.push_back(encode_new(each, NLM_F_CREATE | NLM_F_REPLACE));
  return result;
}

} // namespace linx::rtnl
