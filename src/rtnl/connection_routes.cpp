#include <linx/rtnl/connection.hpp>

#include "rtnl/encode_route.hpp"
#include "rtnl/flush.hpp"
#include "rtnl/listing.hpp"
#include "rtnl/requests.hpp"

#include <cerrno>

#include <linux/rtnetlink.h>

namespace linx::rtnl {

task<> connection::add_route(route r) const
{
  return submit_or_fail(transport_, encode_new(r, NLM_F_CREATE | NLM_F_EXCL));
}

task<> connection::replace_route(route r) const
{
  return submit_or_fail(transport_, encode_new(r, NLM_F_CREATE | NLM_F_REPLACE));
}

task<> connection::change_route(route r) const
{
  return submit_or_fail(transport_, encode_new(r, NLM_F_REPLACE));
}

task<> connection::append_route(route r) const
{
  return submit_or_fail(transport_, encode_new(r, NLM_F_CREATE | NLM_F_APPEND));
}

task<> connection::remove_route(route r) const
{
  return submit_or_fail(transport_, encode_remove(r));
}

task<route> connection::get_route(route_query packet) const
{
  return fetch<route>(transport_, encode_get(packet));
}

stream<route> connection::routes(net::family family, netlink::dump_options options) const
{
  return netlink::detail::typed_dump<route>(transport_, encode_list(route_filter(family)), options,
                                            &route::decode);
}

stream<route> connection::routes(route_filter which, netlink::dump_options options) const
{
  // A table comes into being with its first route; until then the kernel says ENOENT.
  const int absent = which.table() ? ENOENT : 0;
  return listing<route>(transport_, encode_list(which), options, which, absent);
}

task<std::size_t> connection::flush_routes(route_filter which) const
{
  return flush(transport_, encode_list(which), removal_of(which, &encode_remove_exactly));
}

} // namespace linx::rtnl
