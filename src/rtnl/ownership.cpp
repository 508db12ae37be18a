#include "rtnl/ownership.hpp"

#include "rtnl/canonical.hpp"

#include <algorithm>

namespace linx::rtnl {

namespace {

bool is_one(const desired_link& a, const desired_link& b)
{
  return a.name == b.name;
}
bool is_one(const desired_address& a, const desired_address& b)
{
  return detail::canonical(a) == detail::canonical(b);
}
bool is_one(const desired_neighbour& a, const desired_neighbour& b)
{
  return a.link == b.link && a.address == b.address;
}
bool is_one(const rule& a, const rule& b)
{
  return detail::is_same(a, b);
}

template <class T>
void drop(std::vector<T>& all, const T& gone)
{
  std::erase_if(all, [&](const T& each) { return is_one(each, gone); });
}

template <class T>
void set(std::vector<T>& all, const T& made)
{
  drop(all, made);
  all.push_back(made);
}

class owner {
public:
  owner(desired& ours, action::verb what) noexcept : ours_(ours), what_(what) {}

  void operator()(const desired_link& l) const
  {
    if (what_ == action::verb::change) return; // it is whose it was
    if (what_ == action::verb::add) return set(ours_.links, l);
    drop(ours_.links, l);
    std::erase_if(ours_.addresses, [&](const auto& each) { return each.link == l.name; });
    std::erase_if(ours_.neighbours, [&](const auto& each) { return each.link == l.name; });
  }
  void operator()(const desired_address& a) const { apply(ours_.addresses, a); }
  void operator()(const desired_neighbour& n) const { apply(ours_.neighbours, n); }
  void operator()(const rule& r) const { apply(ours_.rules, r); }
  void operator()(const desired_route&) const {}

private:
  template <class T>
  void apply(std::vector<T>& all, const T& one) const
  {
    if (what_ == action::verb::remove)
      drop(all, one);
    else
      set(all, one);
  }

  desired& ours_;
  action::verb what_;
};

} // namespace

void take_over(desired& ours, const action& step)
{
  std::visit(owner(ours, step.what()), step.which());
}

desired with_all_that_may_be_made(desired ours, const plan& steps)
{
  for (const auto& step : steps) {
    if (step.what() == action::verb::remove) continue;
    const bool makes = step.what() == action::verb::add;
    if (const auto* l = std::get_if<desired_link>(&step.which()); l && makes) ours.add(*l);
    if (const auto* a = std::get_if<desired_address>(&step.which())) ours.add(*a);
    if (const auto* n = std::get_if<desired_neighbour>(&step.which())) ours.add(*n);
    if (const auto* r = std::get_if<rule>(&step.which())) ours.add(*r);
  }
  return ours;
}

desired ours_of(const desired& want, const desired& ours)
{
  auto kept = want;
  const auto keep = [](auto& all, const auto& own) {
    std::erase_if(all, [&](const auto& each) {
      return std::none_of(own.begin(), own.end(), [&](const auto& one) { return is_one(one, each); });
    });
  };
  keep(kept.links, ours.links);
  keep(kept.addresses, ours.addresses);
  keep(kept.neighbours, ours.neighbours);
  keep(kept.rules, ours.rules);
  return kept;
}

} // namespace linx::rtnl
