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

// Asks for one object. Requests that could not be encoded end here.
template <class T>
task<T> fetch(netlink::connection transport, result<netlink::message_builder> request)
{
  if (!request) co_return std::move(request).error();
  auto asked = transport.request(std::move(request).value());
  LINX_TRY(const auto reply, co_await std::move(asked));
  auto found = T::decode(reply);
  if (!found) co_return error(errc::protocol, stage::decode);
  co_return std::move(*found);
}

} // namespace linx::rtnl
