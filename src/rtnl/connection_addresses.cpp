#include <linx/rtnl/connection.hpp>

#include "rtnl/encode_address.hpp"
#include "rtnl/encode_address_label.hpp"
#include "rtnl/flush.hpp"
#include "rtnl/listing.hpp"
#include "rtnl/requests.hpp"

#include <linux/rtnetlink.h>

namespace linx::rtnl {

namespace {

constexpr std::uint16_t exclusive = NLM_F_CREATE | NLM_F_EXCL;

address with_broadcast(std::uint32_t link_index, const net::interface_address& own)
{
  address a(link_index, own);
  a.broadcast = own.network().broadcast();
  return a;
}

task<> add_by_name(netlink::connection transport, link_id which, net::interface_address own)
{
  LINX_TRY(const std::uint32_t index, co_await index_of(transport, std::move(which)));
  auto submitted = submit_or_fail(transport, encode_new(with_broadcast(index, own), exclusive));
  co_return co_await std::move(submitted);
}

task<> remove_by_name(netlink::connection transport, link_id which, net::interface_address own)
{
  LINX_TRY(const std::uint32_t index, co_await index_of(transport, std::move(which)));
  auto submitted = submit_or_fail(transport, encode_remove(address(index, own)));
  co_return co_await std::move(submitted);
}

} // namespace

task<> connection::add_address(link_id which, net::interface_address own) const
{
  if (which.index() == 0) return add_by_name(transport_, std::move(which), own);
  return add_address(with_broadcast(which.index(), own));
}

task<> connection::add_address(address a) const
{
  return submit_or_fail(transport_, encode_new(a, exclusive));
}

task<> connection::replace_address(address a) const
{
  return submit_or_fail(transport_, encode_new(a, NLM_F_CREATE | NLM_F_REPLACE));
}

task<> connection::remove_address(link_id which, net::interface_address own) const
{
  if (which.index() == 0) return remove_by_name(transport_, std::move(which), own);
  return remove_address(address(which.index(), own));
}

task<> connection::remove_address(address a) const
{
  return submit_or_fail(transport_, encode_remove(a));
}

task<address> connection::get_address(std::uint32_t link, net::ip own) const
{
  return fetch<address>(transport_, encode_get(link, own));
}

stream<address> connection::addresses(netlink::dump_options options) const
{
  return netlink::detail::typed_dump<address>(transport_, encode_list(address_filter()), options,
                                              &address::decode);
}

stream<address> connection::addresses(address_filter which, netlink::dump_options options) const
{
  return listing<address>(transport_, encode_list(which), options, which);
}

task<std::size_t> connection::flush_addresses(address_filter which) const
{
  return flush(transport_, encode_list(which), removal_of<address>(which, &encode_remove));
}

task<> connection::add_address_label(address_label label) const
{
  return submit_or_fail(transport_, encode_new(label, exclusive));
}

task<> connection::replace_address_label(address_label label) const
{
  return submit_or_fail(transport_, encode_new(label, NLM_F_CREATE | NLM_F_REPLACE));
}

task<> connection::remove_address_label(address_label label) const
{
  return submit_or_fail(transport_, encode_remove(label));
}

task<address_label> connection::get_address_label(net::ip of) const
{
  return fetch<address_label>(transport_, encode_get_label(of));
}

stream<address_label> connection::address_labels(netlink::dump_options options) const
{
  return netlink::detail::typed_dump<address_label>(transport_, encode_list_labels(), options,
                                                    &address_label::decode);
}

} // namespace linx::rtnl
