#include <linx/rtnl/connection.hpp>

#include "rtnl/encode_rule.hpp"
#include "rtnl/flush.hpp"
#include "rtnl/listing.hpp"
#include "rtnl/names.hpp"
#include "rtnl/requests.hpp"

#include <linux/rtnetlink.h>

namespace linx::rtnl {

task<> connection::add_rule(rule r) const
{
  return submit_or_fail(transport_, encode_new(r));
}

task<> connection::remove_rule(rule r) const
{
  return submit_or_fail(transport_, encode_remove(r));
}

stream<rule> connection::rules(netlink::dump_options options) const
{
  return netlink::detail::typed_dump<rule>(transport_, encode_list(rule_filter()), options, &rule::decode);
}

stream<rule> connection::rules(rule_filter which, netlink::dump_options options) const
{
  return listing<rule>(transport_, encode_list(which), options, which);
}

task<std::size_t> connection::flush_rules(rule_filter which) const
{
  // The message goes back as it came: the kernel removes the first rule that has all that is named, and what
  // linx does not know of one tells it from another.
  return flush(transport_, encode_list(which), [which](const netlink::message_view& m) {
    std::optional<netlink::message_builder> request;
    const auto r = rule::decode(m);
    if (!r || r->priority == 0u || !which.matches(*r)) return request;
    request.emplace(RTM_DELRULE);
    request->set_names(rule_names);
    request->append(m.body());
    return request;
  });
}

} // namespace linx::rtnl
