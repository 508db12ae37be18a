#include <linx/rtnl/connection.hpp>

#include "rtnl/encode_nexthop.hpp"
#include "rtnl/flush.hpp"
#include "rtnl/listing.hpp"
#include "rtnl/requests.hpp"

#include <linux/rtnetlink.h>

namespace linx::rtnl {

namespace {

result<netlink::message_builder> encode_removal_by_id(const nexthop& n)
{
  return encode_remove_nexthop(n.id);
}

} // namespace

task<> connection::add_nexthop(nexthop n) const
{
  return submit_or_fail(transport_, encode_new(n, NLM_F_CREATE | NLM_F_EXCL));
}

task<> connection::replace_nexthop(nexthop n) const
{
  return submit_or_fail(transport_, encode_new(n, NLM_F_CREATE | NLM_F_REPLACE));
}

task<> connection::remove_nexthop(std::uint32_t id) const
{
  return transport_.submit(encode_remove_nexthop(id));
}

task<nexthop> connection::get_nexthop(std::uint32_t id) const
{
  return fetch<nexthop>(transport_, encode_get_nexthop(id));
}

stream<nexthop> connection::nexthops(netlink::dump_options options) const
{
  return netlink::detail::typed_dump<nexthop>(transport_, encode_list(nexthop_filter()), options,
                                              &nexthop::decode);
}

stream<nexthop> connection::nexthops(nexthop_filter which, netlink::dump_options options) const
{
  return listing<nexthop>(transport_, encode_list(which), options, which);
}

task<std::size_t> connection::flush_nexthops(nexthop_filter which) const
{
  return flush(transport_, encode_list(which), removal_of(which, &encode_removal_by_id));
}

stream<nexthop_bucket> connection::nexthop_buckets(std::uint32_t group, netlink::dump_options options) const
{
  return netlink::detail::typed_dump<nexthop_bucket>(transport_, encode_list_buckets(group), options,
                                                     &nexthop_bucket::decode);
}

task<nexthop_bucket> connection::get_nexthop_bucket(std::uint32_t group, std::uint16_t index) const
{
  return fetch<nexthop_bucket>(transport_, encode_get_bucket(group, index));
}

} // namespace linx::rtnl
