#include "selectors.hpp"

#include "kinds.hpp"

#include <linux/if_addr.h>

#include <fnmatch.h>

namespace ip_tool {

namespace rtnl = linx::rtnl;
using linx::result;
using linx::success;

namespace {

// Links.

result<> read_link(words& w, const link_names& links, link_selection& l)
{
  BOOST_OUTCOME_TRY(l.index, w.link(links));
  return success();
}

result<> read_master(words& w, const link_names& links, link_selection& l)
{
  BOOST_OUTCOME_TRY(l.master, w.link(links));
  return success();
}

constexpr clause<link_selection> link_selectors[] = {
    {"dev", &read_link},
    {"up", &remember<link_selection>},
    {"master", &read_master},
    {"vrf", &read_master, "master"},
    {"nomaster", &remember<link_selection>, "master"},
    {"type",
     [](words& w, const link_names&, link_selection& l) -> result<> {
       BOOST_OUTCOME_TRY(l.kind, w.next("kind"));
       return success();
     }},
    {"group", [](words& w, const link_names&, link_selection& l) -> result<> {
       BOOST_OUTCOME_TRY(l.group, w.group());
       return success();
     }}};

// Addresses.

template <std::uint32_t Flags>
result<> with_flags(words&, const link_names&, address_selection& a)
{
  a.which.flags(Flags);
  return success();
}

template <std::uint32_t Flags>
result<> without_flags(words&, const link_names&, address_selection& a)
{
  a.which.without_flags(Flags);
  return success();
}

constexpr clause<address_selection> address_selectors[] = {
    {"scope",
     [](words& w, const link_names&, address_selection& a) -> result<> {
       BOOST_OUTCOME_TRY(const auto scope, w.scope());
       a.which.scope(scope);
       return success();
     }},
    {"to",
     [](words& w, const link_names&, address_selection& a) -> result<> {
       BOOST_OUTCOME_TRY(const auto network, w.network(a.family));
       if (network) a.which.within(*network);
       return success();
     }},
    {"label",
     [](words& w, const link_names&, address_selection& a) -> result<> {
       BOOST_OUTCOME_TRY(a.label, w.next("label"));
       return success();
     }},
    {"permanent", &with_flags<IFA_F_PERMANENT>, "flags"},
    {"dynamic", &without_flags<IFA_F_PERMANENT>, "flags"},
    {"secondary", &with_flags<IFA_F_SECONDARY>, "flags"},
    {"temporary", &with_flags<IFA_F_SECONDARY>, "flags"},
    {"primary", &without_flags<IFA_F_SECONDARY>, "flags"},
    {"tentative", &with_flags<IFA_F_TENTATIVE>, "flags"},
    {"-tentative", &without_flags<IFA_F_TENTATIVE>, "flags"},
    {"deprecated", &with_flags<IFA_F_DEPRECATED>, "flags"},
    {"-deprecated", &without_flags<IFA_F_DEPRECATED>, "flags"},
    {"dadfailed", &with_flags<IFA_F_DADFAILED>, "flags"},
    {"-dadfailed", &without_flags<IFA_F_DADFAILED>, "flags"},
};

} // namespace

bool link_selection::matches(const rtnl::link& l) const
{
  if (index != 0 && l.index != index) return false;
  if (named.has("up") && !l.is_up()) return false;
  if (!kind.empty() && l.kind != kind && std::string(kind_name(l.port)) + "_slave" != kind) return false;
  if (master != 0 && l.master != master) return false;
  if (named.has("master") && master == 0 && l.master) return false;
  return !group || l.group == *group;
}

rtnl::link_filter link_selection::filter() const
{
  rtnl::link_filter narrowed;
  if (master != 0) narrowed.master(master);
  return narrowed;
}

result<link_selection> select_links(words& w, const link_names& links)
{
  link_selection all;
  BOOST_OUTCOME_TRYV(read_clauses(link_selectors, w, links, all.named, all, "dev"));
  return all;
}

bool address_selection::matches(const rtnl::address& a) const
{
  return label.empty() || ::fnmatch(label.c_str(), a.label.c_str(), 0) == 0;
}

bool address_selection::is_narrow() const
{
  return family || !on.named.empty();
}

result<address_selection> select_addresses(words& w, const link_names& links, family_choice family)
{
  address_selection all;
  all.family = family;
  said& named = all.on.named;
  while (!w.empty()) {
    BOOST_OUTCOME_TRY(bool is_known, read_clause(address_selectors, w, links, named, all));
    if (is_known) continue;
    BOOST_OUTCOME_TRY(is_known, read_clause(link_selectors, w, links, named, all.on));
    if (is_known) continue;
    if (named.has("dev")) return w.end().error();
    BOOST_OUTCOME_TRYV(named.note("dev", "dev"));
    BOOST_OUTCOME_TRYV(read_link(w, links, all.on));
  }
  if (all.family) all.which.family(*all.family);
  all.which.link(all.on.index);
  return all;
}

} // namespace ip_tool
