#include "rtnl/check_desired.hpp"

#include "rtnl/canonical.hpp"
#include "rtnl/encode_link.hpp"
#include "rtnl/new_link_check.hpp"
#include "rtnl/view.hpp"

#include <linx/rtnl/new_link.hpp>

#include <linux/rtnetlink.h>

#include <map>
#include <set>
#include <string_view>

namespace linx::rtnl::detail {

namespace {

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

// What each link waits for.
class order {
public:
  explicit order(const std::vector<desired_link>& links)
  {
    for (const auto& l : links)
      if (!l.peer.empty()) maker_.emplace(l.peer, &l);
    for (const auto& l : links)
      if (l.data || !maker_.contains(l.name)) maker_.insert_or_assign(l.name, &l);
  }

  // Null: for nothing that is wanted.
  const desired_link* before(const desired_link& l) const
  {
    const auto found = maker_.find(l.lower.empty() ? l.name : l.lower);
    return found == maker_.end() || found->second == &l ? nullptr : found->second;
  }

private:
  std::map<std::string_view, const desired_link*> maker_; // of a link by that name
};

error circle(const order& by, const desired_link* from)
{
  std::set<const desired_link*> seen;
  while (seen.insert(from).second) from = by.before(*from);
  std::string text = from->name;
  for (const auto* each = by.before(*from); each != from; each = by.before(*each))
    text += " on " + each->name;
  return error::argument("links on each other in turn: " + text + " on " + from->name);
}

} // namespace

result<std::vector<const desired_link*>> in_order(const std::vector<desired_link>& links)
{
  const order by(links);
  std::vector<const desired_link*> all;
  std::set<const desired_link*> placed;
  while (all.size() < links.size()) {
    const auto had = all.size();
    for (const auto& l : links) {
      const auto* before = by.before(l);
      if (placed.contains(&l) || (before != nullptr && !placed.contains(before))) continue;
      all.push_back(&l);
      placed.insert(&l);
    }
    if (all.size() > had) continue;
    for (const auto& l : links)
      if (!placed.contains(&l)) return circle(by, &l);
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
  BOOST_OUTCOME_TRYV(in_order(want.links));
  for (const auto& a : want.addresses) {
    if (a.link.empty()) return error::argument(words_of("address", a) + ": it has no link");
    BOOST_OUTCOME_TRYV(once("a" + to_string(canonical(a)), words_of("address", a)));
  }
  for (const auto& n : want.neighbours) {
    if (n.link.empty()) return error::argument(words_of("neighbour", n) + ": it has no link");
    BOOST_OUTCOME_TRYV(once("n" + to_string(n.address) + " " + n.link, words_of("neighbour", n)));
  }
  for (const auto& r : want.rules) {
    if (!r.priority) return error::argument(words_of("rule", r) + ": it needs a priority to be known by");
    if (r.action == rule_action::lookup && r.table == RT_TABLE_UNSPEC && !r.l3mdev)
      return error::argument(words_of("rule", r) + ": the kernel would take another table each time");
    const auto family = r.family == net::family::v4 ? "r4 " : "r6 ";
    BOOST_OUTCOME_TRYV(once(family + to_string(canonical(r)), words_of("rule", r)));
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

} // namespace linx::rtnl::detail
