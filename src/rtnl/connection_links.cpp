#include <linx/rtnl/connection.hpp>

#include "netlink/typed_dump.hpp"
#include "rtnl/encode_link.hpp"
#include "rtnl/requests.hpp"

namespace linx::rtnl {

namespace {

task<> rename(netlink::connection transport, link_id which, link_change change)
{
  BOOST_OUTCOME_CO_TRY(const std::uint32_t index, co_await index_of(transport, std::move(which)));
  BOOST_OUTCOME_CO_TRY(auto request, encode_change(index, change));
  auto submitted = transport.submit(std::move(request));
  co_return co_await std::move(submitted);
}

} // namespace

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
  return fetch_link(transport_, std::move(which));
}

stream<link> connection::links(netlink::dump_options options) const
{
  return netlink::detail::typed_dump<link>(transport_, encode_list_links(), options, &link::decode);
}

} // namespace linx::rtnl
