// What the verbs of `connection` are made of.
#pragma once

#include <linx/netlink/connection.hpp>
#include <linx/rtnl/link.hpp>

namespace linx::rtnl {

// Requests that could be encoded go out without a frame of their own.
task<> submit_or_fail(const netlink::connection& transport, result<netlink::message_builder> request);

task<link> fetch_link(netlink::connection transport, link_id which);

// The index of a link, looked up where only the name is known.
task<std::uint32_t> index_of(netlink::connection transport, link_id which);

} // namespace linx::rtnl
