#include "netlink/network.hpp"

#include <net/if.h>

namespace linx::test {

netlink::connection open_netlink(asio::io_context& context, netlink::connection_options options)
{
  return value_of(netlink::connection::open(context.get_executor(), NETLINK_ROUTE, options));
}

std::uint32_t address(std::uint32_t n) noexcept
{
  return netlink::network_order(0x0a000000u + n);
}

netlink::message_builder route_request(std::uint16_t type, std::uint16_t flags, std::uint32_t destination)
{
  rtmsg header{};
  header.rtm_family = AF_INET;
  header.rtm_dst_len = 32;
  if (type != RTM_GETROUTE) {
    header.rtm_table = RT_TABLE_MAIN;
    header.rtm_protocol = RTPROT_STATIC;
    header.rtm_scope = RT_SCOPE_LINK;
    header.rtm_type = RTN_UNICAST;
  }
  netlink::message_builder request(type, flags, header);
  request.put_u32(RTA_DST, destination);
  if (type != RTM_GETROUTE) request.put_u32(RTA_OIF, ::if_nametoindex("lo"));
  request.set_names(route_names);
  return request;
}

netlink::message_builder add_route(std::uint32_t n)
{
  return route_request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, address(n));
}

netlink::message_builder delete_route(std::uint32_t n)
{
  return route_request(RTM_DELROUTE, 0, address(n));
}

netlink::message_builder list_routes()
{
  rtmsg header{};
  header.rtm_family = AF_INET;
  header.rtm_table = RT_TABLE_MAIN;
  return {RTM_GETROUTE, 0, header};
}

netlink::message_builder address_request(std::uint16_t type, std::uint16_t flags, std::uint32_t n)
{
  ifaddrmsg header{};
  header.ifa_family = AF_INET;
  header.ifa_prefixlen = 32;
  header.ifa_index = ::if_nametoindex("lo");
  netlink::message_builder request(type, flags, header);
  request.put_u32(IFA_LOCAL, address(n));
  return request;
}

netlink::message_builder list_addresses()
{
  ifaddrmsg header{};
  header.ifa_family = AF_INET;
  return {RTM_GETADDR, 0, header};
}

task<std::size_t> count_messages(stream<netlink::message> messages)
{
  std::size_t count = 0;
  for (;;) {
    LINX_TRY(auto next, co_await messages.next());
    if (!next) co_return count;
    ++count;
  }
}

task<> fill_routes(netlink::connection c, std::uint32_t count, std::uint32_t first)
{
  std::vector<netlink::message_builder> requests;
  for (std::uint32_t i = 0; i < count; ++i) requests.push_back(add_route(first + i));
  LINX_TRY(auto refused, co_await c.bulk(std::move(requests)));
  if (!refused.empty()) co_return refused.front().reason();
  co_return success();
}

} // namespace linx::test
