#include <linx/rtnl/netconf.hpp>

#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace linx::rtnl {

std::optional<netconf> netconf::decode(const netlink::message_view& m)
{
  if (m.type() != RTM_NEWNETCONF && m.type() != RTM_DELNETCONF) return std::nullopt;
  const auto header = m.family_header<netconfmsg>();
  if (header.ncm_family != AF_INET && header.ncm_family != AF_INET6) return std::nullopt;

  netconf n;
  n.family = header.ncm_family == AF_INET ? net::family::v4 : net::family::v6;
  for (const auto a : m.attributes_after<netconfmsg>()) {
    const auto value = a.as<std::int32_t>();
    switch (a.type()) {
    case NETCONFA_IFINDEX:
      n.link = value.value_or(0);
      break;
    case NETCONFA_FORWARDING:
      n.forwarding = value;
      break;
    case NETCONFA_RP_FILTER:
      n.rp_filter = value;
      break;
    case NETCONFA_MC_FORWARDING:
      n.mc_forwarding = value;
      break;
    case NETCONFA_PROXY_NEIGH:
      n.proxy_neigh = value;
      break;
    case NETCONFA_IGNORE_ROUTES_WITH_LINKDOWN:
      n.ignore_routes_with_linkdown = value;
      break;
    case NETCONFA_BC_FORWARDING:
      n.bc_forwarding = value;
      break;
    default:
      break;
    }
  }
  return n;
}

std::string to_string(const netconf& n)
{
  std::string text = n.family == net::family::v4 ? "inet " : "inet6 ";
  text += n.link == netconf::all        ? "all"
          : n.link == netconf::defaults ? "default"
                                        : "dev " + std::to_string(n.link);
  const auto add = [&text](const char* name, const std::optional<std::int32_t>& value) {
    if (value) text += " " + std::string(name) + " " + std::to_string(*value);
  };
  add("forwarding", n.forwarding);
  add("rp_filter", n.rp_filter);
  add("mc_forwarding", n.mc_forwarding);
  add("proxy_neigh", n.proxy_neigh);
  add("ignore_routes_with_linkdown", n.ignore_routes_with_linkdown);
  add("bc_forwarding", n.bc_forwarding);
  return text;
}

} // namespace linx::rtnl
