#include "rtnl/requests.hpp"

#include "rtnl/encode_link.hpp"

namespace linx::rtnl {

namespace {

task<> failed(error why)
{
  co_return why;
}

} // namespace

task<> submit_or_fail(const netlink::connection& transport, result<netlink::message_builder> request)
{
  if (!request) return failed(std::move(request).error());
  return transport.submit(std::move(request).value());
}

task<link> fetch_link(netlink::connection transport, link_id which)
{
  LINX_TRY(auto request, encode_get(which));
  LINX_TRY(auto reply, co_await transport.request(std::move(request)));
  auto found = link::decode(reply);
  if (!found) co_return error(errc::protocol, stage::decode).with_object("link " + to_string(which));
  co_return std::move(*found);
}

task<std::uint32_t> index_of(netlink::connection transport, link_id which)
{
  if (which.index() != 0) co_return which.index();
  LINX_TRY(const link found, co_await fetch_link(std::move(transport), std::move(which)));
  co_return found.index;
}

} // namespace linx::rtnl
