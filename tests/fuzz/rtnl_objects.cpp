// Each message as each object of rtnetlink, and as text.
#include "fuzz/input.hpp"

#include "rtnl/encode_netns.hpp"

#include <linx/rtnl/address.hpp>
#include <linx/rtnl/address_label.hpp>
#include <linx/rtnl/bridge_vlan.hpp>
#include <linx/rtnl/fdb.hpp>
#include <linx/rtnl/link.hpp>
#include <linx/rtnl/link_statistics.hpp>
#include <linx/rtnl/neighbour.hpp>
#include <linx/rtnl/neighbour_table.hpp>
#include <linx/rtnl/netconf.hpp>
#include <linx/rtnl/nexthop.hpp>
#include <linx/rtnl/qdisc.hpp>
#include <linx/rtnl/route.hpp>
#include <linx/rtnl/rule.hpp>

using namespace linx;

namespace {

template <class... Objects>
void read_as(const netlink::message_view& m)
{
  const auto one = [&m]<class Object>(const Object*) {
    const auto read = Object::decode(m);
    if (!read) return;
    if (to_string(*read).empty()) test::differs();
    if (!(*read == *Object::decode(m))) test::differs();
  };
  (one(static_cast<const Objects*>(nullptr)), ...);
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
  const test::fuzz_message message(test::fuzz_input(data, size));
  const auto m = message.view();
  read_as<rtnl::link, rtnl::address, rtnl::address_label, rtnl::route, rtnl::nexthop, rtnl::nexthop_bucket,
          rtnl::rule, rtnl::neighbour, rtnl::neighbour_table, rtnl::netconf, rtnl::fdb_entry,
          rtnl::port_vlans, rtnl::qdisc, rtnl::traffic_class, rtnl::filter>(m);
  (void)rtnl::link_statistics::decode(m);
  (void)rtnl::decode_netns_id(m);
  return 0;
}
