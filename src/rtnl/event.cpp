#include <linx/rtnl/event.hpp>

#include "rtnl/decode_event.hpp"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include <iterator>

namespace linx::rtnl {

namespace {

template <class T>
std::optional<event> decoded(change what, const netlink::message_view& m)
{
  auto value = T::decode(m);
  if (!value) return std::nullopt;
  return event(changed<T>(what, std::move(*value)));
}

// Not a wireless event, which is a link without its attributes (rtnetlink_fill_iwinfo in the kernel).
bool is_of_link(const netlink::message_view& m)
{
  return !m.attributes_after<ifinfomsg>().find(IFLA_WIRELESS);
}

} // namespace

std::optional<event> decode_event(const netlink::message_view& m)
{
  switch (m.type()) {
  case RTM_NEWLINK:
  case RTM_DELLINK:
    if (!is_of_link(m)) return std::nullopt;
    return decoded<link>(m.type() == RTM_DELLINK ? change::removed : change::set, m);
  case RTM_NEWADDR:
  case RTM_DELADDR:
    return decoded<address>(m.type() == RTM_DELADDR ? change::removed : change::set, m);
  case RTM_NEWROUTE:
  case RTM_DELROUTE:
    return decoded<route>(m.type() == RTM_DELROUTE ? change::removed : change::set, m);
  case RTM_NEWRULE:
  case RTM_DELRULE:
    return decoded<rule>(m.type() == RTM_DELRULE ? change::removed : change::set, m);
  case RTM_NEWNEIGH:
  case RTM_DELNEIGH:
    if ((m.family_header<ndmsg>().ndm_flags & NTF_PROXY) != 0) return std::nullopt;
    return decoded<neighbour>(m.type() == RTM_DELNEIGH ? change::removed : change::set, m);
  case RTM_NEWNEXTHOP:
  case RTM_DELNEXTHOP:
    return decoded<nexthop>(m.type() == RTM_DELNEXTHOP ? change::removed : change::set, m);
  case RTM_NEWQDISC:
  case RTM_DELQDISC:
    return decoded<qdisc>(m.type() == RTM_DELQDISC ? change::removed : change::set, m);
  default:
    return std::nullopt;
  }
}

std::string_view to_string(table which) noexcept
{
  constexpr std::string_view names[] = {"links",     "addresses", "nexthops",   "routes_v4",
                                        "routes_v6", "rules",     "neighbours", "qdiscs"};
  const auto n = static_cast<std::size_t>(which);
  return n < std::size(names) ? names[n] : "unknown";
}

std::string_view to_string(change what) noexcept
{
  switch (what) {
  case change::set:
    return "set";
  case change::removed:
    return "removed";
  case change::listed:
    return "listed";
  }
  return "";
}

std::string to_string(const event& e)
{
  if (const auto* l = std::get_if<changed<link>>(&e))
    return std::string(to_string(l->what())) + " link " + to_string(l->value());
  if (const auto* a = std::get_if<changed<address>>(&e))
    return std::string(to_string(a->what())) + " address " + to_string(a->value());
  if (const auto* r = std::get_if<changed<route>>(&e))
    return std::string(to_string(r->what())) + " route " + to_string(r->value());
  if (const auto* r = std::get_if<changed<rule>>(&e))
    return std::string(to_string(r->what())) + " rule " + to_string(r->value());
  if (const auto* n = std::get_if<changed<neighbour>>(&e))
    return std::string(to_string(n->what())) + " neighbour " + to_string(n->value());
  if (const auto* n = std::get_if<changed<nexthop>>(&e))
    return std::string(to_string(n->what())) + " nexthop " + to_string(n->value());
  if (const auto* q = std::get_if<changed<qdisc>>(&e))
    return std::string(to_string(q->what())) + " " + to_string(q->value());
  if (const auto* loss = std::get_if<netlink::lost>(&e))
    return "lost: " + std::string(to_string(loss->why()));
  return "synchronized";
}

} // namespace linx::rtnl
