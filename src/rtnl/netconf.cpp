#include <linx/rtnl/netconf.hpp>

#include "rtnl/names.hpp"
#include "rtnl/object_table.hpp"

#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace linx::rtnl {

namespace {

void link_words(std::string& text, const netconf& n)
{
  text += n.family == net::family::v4 ? "inet " : "inet6 ";
  text += n.link == netconf::all        ? "all"
          : n.link == netconf::defaults ? "default"
                                        : "dev " + std::to_string(n.link);
}

constexpr field<netconf> netconf_rows[] = {
    LINX_HEADER(&netconf::family, header<&netconfmsg::ncm_family>, ""),
    LINX_ROW(&netconf::link, NETCONFA_IFINDEX, s32, "").says(link_words),
    LINX_ROW(&netconf::forwarding, NETCONFA_FORWARDING, s32, "forwarding"),
    LINX_ROW(&netconf::rp_filter, NETCONFA_RP_FILTER, s32, "rp_filter"),
    LINX_ROW(&netconf::mc_forwarding, NETCONFA_MC_FORWARDING, s32, "mc_forwarding"),
    LINX_ROW(&netconf::proxy_neigh, NETCONFA_PROXY_NEIGH, s32, "proxy_neigh"),
    LINX_ROW(&netconf::ignore_routes_with_linkdown, NETCONFA_IGNORE_ROUTES_WITH_LINKDOWN, s32,
             "ignore_routes_with_linkdown"),
    LINX_ROW(&netconf::bc_forwarding, NETCONFA_BC_FORWARDING, s32, "bc_forwarding")};

using netconfs = object_table<netconfmsg, netconf_rows, nullptr>;

} // namespace

constexpr netlink::attribute_names netconf_names = netconfs::names;

std::optional<netconf> netconf::decode(const netlink::message_view& m)
{
  if (m.type() != RTM_NEWNETCONF && m.type() != RTM_DELNETCONF) return std::nullopt;
  const auto family = m.family_header<netconfmsg>().ncm_family;
  if (family != AF_INET && family != AF_INET6) return std::nullopt;
  netconf n;
  netconfs::read(m, n);
  return n;
}

std::string to_string(const netconf& n)
{
  return netconfs::words(n);
}

} // namespace linx::rtnl
