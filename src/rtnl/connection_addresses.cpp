#include <linx/rtnl/connection.hpp>

#include "netlink/typed_dump.hpp"
#include "rtnl/encode_address.hpp"
#include "rtnl/requests.hpp"

namespace linx::rtnl {

namespace {

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

} // namespace linx::rtnl
