#include <linx/rtnl/desired.hpp>

#include <linx/rtnl/link_kinds.hpp>

namespace linx::rtnl {

desired_link& desired_link::made_as(std::string kind) &
{
  data = other_kind(std::move(kind));
  return *this;
}

desired_link& desired_link::veth(std::string other) &
{
  data = veth_end();
  peer = std::move(other);
  return *this;
}

std::string to_string(const desired_link& l)
{
  std::string text = l.name;
  if (l.data) text += " " + to_string(l.data);
  if (!l.peer.empty()) text += " " + l.peer;
  if (!l.lower.empty()) text += " on " + l.lower;
  if (l.address) text += " address " + to_string(*l.address);
  if (l.mtu_bytes) text += " mtu " + std::to_string(*l.mtu_bytes);
  if (l.master) text += l.master->empty() ? " nomaster" : " master " + *l.master;
  if (l.is_up) text += *l.is_up ? " up" : " down";
  return text;
}

std::string to_string(const desired_address& a)
{
  std::string text = to_string(a.local);
  if (a.peer) text += " peer " + to_string(*a.peer);
  return text + " dev " + a.link;
}

std::string to_string(const desired_neighbour& n)
{
  return to_string(n.address) + " dev " + n.link + " lladdr " + to_string(n.link_address);
}

std::string to_string(const desired_route& r)
{
  auto rest = r.value;
  rest.hops.clear();
  std::string text = to_string(rest);
  for (std::size_t n = 0; n < r.value.hops.size(); ++n) {
    const auto& hop = r.value.hops[n];
    if (r.value.hops.size() > 1) text += " nexthop";
    if (hop.gateway) text += " via " + to_string(*hop.gateway);
    const bool named = n < r.devices.size() && !r.devices[n].empty();
    if (named) text += " dev " + r.devices[n];
    if (!named && hop.output != 0) text += " dev #" + std::to_string(hop.output);
    if (hop.weight != 1) text += " weight " + std::to_string(hop.weight);
  }
  return text;
}

} // namespace linx::rtnl
