// A network namespace for each test case, and requests that need no room above this one.
#pragma once

#include "harness/network.hpp"

#include <linx/netlink/connection.hpp>

#include <boost/asio/io_context.hpp>

#include <cstdint>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

namespace linx::test {

netlink::connection open_netlink(asio::io_context& context, netlink::connection_options options = {});

// 10.0.0.0 + n as it stands in a packet.
std::uint32_t address(std::uint32_t n) noexcept;

inline constexpr netlink::attribute_names::entry route_entries[] = {
    {RTA_DST, "RTA_DST"}, {RTA_OIF, "RTA_OIF"}, {RTA_GATEWAY, "RTA_GATEWAY"}};
inline constexpr netlink::attribute_names route_names(sizeof(rtmsg), route_entries);

// A route to one IPv4 address through lo.
netlink::message_builder route_request(std::uint16_t type, std::uint16_t flags, std::uint32_t destination);

netlink::message_builder add_route(std::uint32_t n);

netlink::message_builder delete_route(std::uint32_t n);

netlink::message_builder list_routes();

// An IPv4 address on lo.
netlink::message_builder address_request(std::uint16_t type, std::uint16_t flags, std::uint32_t n);

netlink::message_builder list_addresses();

// Awaitable: how many messages a dump has.
task<std::size_t> count_messages(stream<netlink::message> messages);

// Awaitable: `count` IPv4 routes 10.0.0.0, 10.0.0.1, ..., or from another one on.
task<> fill_routes(netlink::connection c, std::uint32_t count, std::uint32_t first = 0);

} // namespace linx::test
