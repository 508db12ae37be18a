#include <linx/rtnl/next_hop.hpp>

#include <iterator>

#include <linux/lwtunnel.h>
#include <linux/rtnetlink.h>

namespace linx::rtnl {

std::string to_string(const encapsulation& e)
{
  constexpr std::string_view names[] = {"none", "mpls",      "ip",  "ila",   "ip6", "seg6",
                                        "bpf",  "seg6local", "rpl", "ioam6", "xfrm"};
  std::string text = "encap ";
  text += e.type < std::size(names) ? std::string(names[e.type]) : std::to_string(e.type);
  return text + " (" + std::to_string(e.bytes.size()) + " bytes)";
}

std::string to_string(const next_hop& hop)
{
  std::string text;
  const auto word = [&text](const std::string& w) { text += (text.empty() ? "" : " ") + w; };
  if (hop.encap) word(to_string(*hop.encap));
  if (hop.gateway) word("via " + to_string(*hop.gateway));
  if (hop.output != 0) word("dev " + std::to_string(hop.output));
  if (hop.realm != realms()) word("realm " + to_string(hop.realm));
  if (hop.weight != 1) word("weight " + std::to_string(hop.weight));
  if ((hop.flags & RTNH_F_ONLINK) != 0) word("onlink");
  if ((hop.flags & RTNH_F_PERVASIVE) != 0) word("pervasive");
  if ((hop.flags & RTNH_F_DEAD) != 0) word("dead");
  if ((hop.flags & RTNH_F_LINKDOWN) != 0) word("linkdown");
  if (!hop.rest.empty()) word(to_string(hop.rest));
  return text;
}

} // namespace linx::rtnl
