#include <linx/rtnl/connection.hpp>

#include "netlink/typed_dump.hpp"
#include "rtnl/encode.hpp"

#include <linx/io/unique_fd.hpp>

#include <linux/rtnetlink.h>

namespace linx::rtnl {

namespace {

task<> failed(error why)
{
  co_return why;
}

// Requests that could be encoded go out without a frame of their own.
task<> submit_or_fail(const netlink::connection& transport, result<netlink::message_builder> request)
{
  if (!request) return failed(std::move(request).error());
  return transport.submit(std::move(request).value());
}

task<link> fetch(netlink::connection transport, link_id which)
{
  BOOST_OUTCOME_CO_TRY(auto request, encode_get(which));
  BOOST_OUTCOME_CO_TRY(auto reply, co_await transport.request(std::move(request)));
  auto found = link::decode(reply);
  if (!found) co_return error(errc::protocol, stage::decode).with_object("link " + to_string(which));
  co_return std::move(*found);
}

// The index of a link, looked up where only the name is known.
task<std::uint32_t> index_of(netlink::connection transport, link_id which)
{
  if (which.index() != 0) co_return which.index();
  BOOST_OUTCOME_CO_TRY(const link found, co_await fetch(std::move(transport), std::move(which)));
  co_return found.index;
}

task<> rename(netlink::connection transport, link_id which, link_change change)
{
  BOOST_OUTCOME_CO_TRY(const std::uint32_t index, co_await index_of(transport, std::move(which)));
  BOOST_OUTCOME_CO_TRY(auto request, encode_change(index, change));
  auto submitted = transport.submit(std::move(request));
  co_return co_await std::move(submitted);
}

address with_broadcast(std::uint32_t link_index, const net::interface_address& own)
{
  address a(link_index, own);
  if (own.address().is_v4() && own.prefix() < 31) a.broadcast = own.network().last();
  return a;
}

task<> add_by_name(netlink::connection transport, link_id which, net::interface_address own)
{
  BOOST_OUTCOME_CO_TRY(const std::uint32_t index, co_await index_of(transport, std::move(which)));
  auto submitted = transport.submit(encode_new(with_broadcast(index, own)));
  co_return co_await std::move(submitted);
}

task<> remove_by_name(netlink::connection transport, link_id which, net::interface_address own)
{
  BOOST_OUTCOME_CO_TRY(const std::uint32_t index, co_await index_of(transport, std::move(which)));
  auto submitted = transport.submit(encode_remove(address(index, own)));
  co_return co_await std::move(submitted);
}

} // namespace

result<connection> connection::open(executor ex)
{
  BOOST_OUTCOME_TRY(auto transport, netlink::connection::open(std::move(ex), NETLINK_ROUTE));
  return connection(std::move(transport));
}

result<connection> connection::open(executor ex, const ns::handle& net)
{
  BOOST_OUTCOME_TRY(auto transport, netlink::connection::open(std::move(ex), NETLINK_ROUTE, net));
  return connection(std::move(transport));
}

result<connection> connection::adopt(executor ex, io::unique_fd socket)
{
  BOOST_OUTCOME_TRY(auto transport, netlink::connection::adopt(std::move(ex), std::move(socket)));
  return connection(std::move(transport));
}

task<> connection::add_link(veth pair) const
{
  return submit_or_fail(transport_, encode_new_link(pair));
}

task<> connection::change_link(link_id which, link_change change) const
{
  // IFLA_IFNAME is the new name then, so it cannot say which link is meant
  if (change.name() && which.index() == 0) return rename(transport_, std::move(which), std::move(change));
  return submit_or_fail(transport_, encode_change(which, change));
}

task<> connection::set_up(link_id which) const
{
  return submit_or_fail(transport_, encode_change(which, link_change().up()));
}

task<> connection::set_down(link_id which) const
{
  return submit_or_fail(transport_, encode_change(which, link_change().down()));
}

task<> connection::remove_link(link_id which) const
{
  return submit_or_fail(transport_, encode_remove(which));
}

task<link> connection::get_link(link_id which) const
{
  return fetch(transport_, std::move(which));
}

stream<link> connection::links(netlink::dump_options options) const
{
  return netlink::detail::typed_dump<link>(transport_, encode_list_links(), options, &link::decode);
}

task<> connection::add_address(link_id which, net::interface_address own) const
{
  if (which.index() == 0) return add_by_name(transport_, std::move(which), own);
  return transport_.submit(encode_new(with_broadcast(which.index(), own)));
}

task<> connection::add_address(address a) const
{
  return transport_.submit(encode_new(a));
}

task<> connection::remove_address(link_id which, net::interface_address own) const
{
  if (which.index() == 0) return remove_by_name(transport_, std::move(which), own);
  return transport_.submit(encode_remove(address(which.index(), own)));
}

stream<address> connection::addresses(netlink::dump_options options) const
{
  return netlink::detail::typed_dump<address>(transport_, encode_list_addresses(), options, &address::decode);
}

task<> connection::add_route(route r) const
{
  return transport_.submit(encode_new(r, NLM_F_CREATE | NLM_F_EXCL));
}

task<> connection::replace_route(route r) const
{
  return transport_.submit(encode_new(r, NLM_F_CREATE | NLM_F_REPLACE));
}

task<> connection::remove_route(route r) const
{
  return transport_.submit(encode_remove(r));
}

stream<route> connection::routes(net::family family, netlink::dump_options options) const
{
  return netlink::detail::typed_dump<route>(transport_, encode_list_routes(family), options, &route::decode);
}

} // namespace linx::rtnl
