#include <linx/rtnl/connection.hpp>

#include "netlink/typed_dump.hpp"
#include "rtnl/encode_route.hpp"

#include <linux/rtnetlink.h>

namespace linx::rtnl {

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
