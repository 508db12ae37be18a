#include <linx/rtnl/connection.hpp>

#include "rtnl/encode_neighbour.hpp"
#include "rtnl/flush.hpp"
#include "rtnl/listing.hpp"
#include "rtnl/names.hpp"
#include "rtnl/requests.hpp"

#include <linx/rtnl/neighbour_table.hpp>
#include <linx/rtnl/netconf.hpp>

#include <linux/neighbour.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>

namespace linx::rtnl {

namespace {

result<netlink::message_builder> encode_removal(const neighbour& n)
{
  return encode_remove(n);
}

netlink::message_builder netconf_request(std::uint8_t family)
{
  netlink::message_builder m(RTM_GETNETCONF, 0, netconfmsg{family});
  m.set_names(netconf_names);
  return m;
}

} // namespace

task<> connection::add_neighbour(neighbour n) const
{
  return transport_.submit(encode_new(n, NLM_F_CREATE | NLM_F_EXCL));
}

task<> connection::replace_neighbour(neighbour n) const
{
  return transport_.submit(encode_new(n, NLM_F_CREATE | NLM_F_REPLACE));
}

task<> connection::change_neighbour(neighbour n) const
{
  return transport_.submit(encode_new(n, NLM_F_REPLACE));
}

task<> connection::remove_neighbour(neighbour n) const
{
  return transport_.submit(encode_remove(n));
}

task<neighbour> connection::get_neighbour(std::uint32_t link, net::ip address) const
{
  return fetch<neighbour>(transport_, encode_get_neighbour(link, address));
}

stream<neighbour> connection::neighbours(netlink::dump_options options) const
{
  return neighbours(neighbour_filter(), options);
}

stream<neighbour> connection::neighbours(neighbour_filter which, netlink::dump_options options) const
{
  return listing<neighbour>(transport_, encode_list(which), options, which);
}

task<std::size_t> connection::flush_neighbours(neighbour_filter which) const
{
  if (!which.states() && !which.only_proxies())
    which.states(static_cast<std::uint16_t>(~(NUD_PERMANENT | NUD_NOARP)));
  return flush(transport_, encode_list(which), removal_of(which, &encode_removal));
}

stream<neighbour_table> connection::neighbour_tables(netlink::dump_options options) const
{
  return netlink::detail::typed_dump<neighbour_table>(transport_, encode_list_neighbour_tables(), options,
                                                      &neighbour_table::decode);
}

stream<netconf> connection::netconfs(netlink::dump_options options) const
{
  return netlink::detail::typed_dump<netconf>(transport_, netconf_request(AF_UNSPEC), options,
                                              &netconf::decode);
}

task<netconf> connection::get_netconf(net::family family, std::int32_t link) const
{
  auto request = netconf_request(static_cast<std::uint8_t>(family));
  request.put_s32(NETCONFA_IFINDEX, link);
  return fetch<netconf>(transport_, std::move(request));
}

} // namespace linx::rtnl
