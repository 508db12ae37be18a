// What a cache makes of events, without a kernel: which object each one means, and which tables it leaves in
// doubt.
#include <linx/net/literals.hpp>
#include <linx/rtnl/cache.hpp>

#include <boost/test/unit_test.hpp>

#include <net/if.h>

BOOST_AUTO_TEST_SUITE(rtnl_cache)

namespace netlink = linx::netlink;
namespace rtnl = linx::rtnl;
using namespace linx::net::literals;
using rtnl::change;
using rtnl::changed;
using rtnl::table;

namespace {

using tables = std::set<table>;

class filled_cache {
public:
  filled_cache()
  {
    link.index = 2;
    link.name = "v0";
    link.flags = IFF_UP | IFF_RUNNING | (1 << 16); // IFF_LOWER_UP
    apply(change::listed, link);
    apply(change::listed, rtnl::address(2, "10.0.0.1/24"_ifaddr));
    apply(change::listed, rtnl::route("10.1.0.0/16"_subnet).dev(2));
    apply(change::listed, rtnl::rule().in("v0").lookup(100).at(1000));
    copy.apply(rtnl::synchronized());
  }

  template <class T>
  void apply(change what, T value)
  {
    copy.apply(changed<T>(what, std::move(value)));
  }

  rtnl::link link;
  rtnl::cache copy{rtnl::monitor_options().rules(true).neighbours(true).nexthops(true).qdiscs(true)};
};

const tables none;
const tables routes{table::routes_v4, table::routes_v6};

} // namespace

// The start of each state: complete, and then empty again until all has been listed.
BOOST_FIXTURE_TEST_CASE(a_loss_empties_it_until_it_is_synchronized, filled_cache)
{
  BOOST_TEST(copy.is_exact());
  copy.apply(netlink::lost(netlink::lost::cause::receive_buffer));
  BOOST_TEST(!copy.is_synchronized());
  BOOST_TEST((copy.links().empty() && copy.addresses().empty() && copy.routes().empty()));
  BOOST_TEST(copy.rules().empty());
  apply(change::set, link);
  apply(change::removed, rtnl::address(2, "10.0.0.1/24"_ifaddr));
  BOOST_TEST((copy.in_doubt() == none));
  copy.apply(rtnl::synchronized());
  BOOST_TEST(copy.is_exact());
  BOOST_TEST(copy.links().size() == 1u);
}

// IPv4 has several of an address on a link, IPv6 one.
BOOST_FIXTURE_TEST_CASE(addresses_are_known_as_the_kernel_knows_them, filled_cache)
{
  rtnl::address peer(2, "10.0.0.1/24"_ifaddr);
  peer.peer = "10.0.0.2"_ip;
  apply(change::set, peer);
  apply(change::set, rtnl::address(2, "10.0.0.1/25"_ifaddr));
  apply(change::set, rtnl::address(3, "10.0.0.1/24"_ifaddr));
  BOOST_TEST(copy.addresses().size() == 4u);
  apply(change::set, rtnl::address(2, "2001:db8::1/64"_ifaddr));
  apply(change::set, rtnl::address(2, "2001:db8::1/128"_ifaddr));
  BOOST_TEST(copy.addresses().size() == 5u);
  BOOST_TEST((copy.in_doubt() == none));
  apply(change::removed, rtnl::address(2, "10.0.0.1/25"_ifaddr));
  BOOST_TEST(copy.addresses().size() == 4u);
  BOOST_TEST((copy.in_doubt() == tables{table::routes_v4}));
}

// A second route with the same key may stand beside the first or in its place: only a listing can tell.
BOOST_FIXTURE_TEST_CASE(routes_are_in_doubt_where_the_messages_are, filled_cache)
{
  apply(change::set, rtnl::route("10.1.0.0/16"_subnet).dev(2)); // what is known already
  auto other = rtnl::route("10.1.0.0/16"_subnet).dev(2);
  other.metric = 7;
  apply(change::set, other);
  other.table = 100;
  apply(change::set, other);
  apply(change::removed, other);
  apply(change::removed, rtnl::route("10.9.0.0/16"_subnet).dev(2)); // what is not known
  BOOST_TEST(copy.routes().size() == 2u);
  BOOST_TEST((copy.in_doubt() == none));
  apply(change::set, rtnl::route("10.1.0.0/16"_subnet).dev(3));
  BOOST_TEST((copy.in_doubt() == tables{table::routes_v4}));
  BOOST_TEST(!copy.is_exact());
  copy.relist(table::routes_v4,
              {changed<rtnl::route>(change::listed, rtnl::route("10.1.0.0/16"_subnet).dev(3))});
  BOOST_TEST(copy.is_exact());
  BOOST_TEST(copy.routes().size() == 1u);
  apply(change::removed, rtnl::route("10.1.0.0/16"_subnet).dev(2));
  BOOST_TEST((copy.in_doubt() == tables{table::routes_v4}));
}

// What the kernel changes in a route by itself does not make it another one.
BOOST_FIXTURE_TEST_CASE(a_route_is_the_same_with_other_flags, filled_cache)
{
  auto same = rtnl::route("10.1.0.0/16"_subnet).dev(2);
  same.hops.front().flags = 16; // RTNH_F_LINKDOWN
  apply(change::set, same);
  BOOST_TEST((copy.in_doubt() == none));
  BOOST_REQUIRE(copy.routes().size() == 1u);
  BOOST_TEST((copy.routes().front() == same));
  apply(change::removed, rtnl::route("10.1.0.0/16"_subnet).dev(2));
  BOOST_TEST(copy.routes().empty());
}

BOOST_FIXTURE_TEST_CASE(a_link_that_moves_leaves_in_doubt_what_goes_with_it, filled_cache)
{
  const auto other_tables = [](tables more) {
    more.insert({table::routes_v4, table::routes_v6, table::nexthops, table::qdiscs});
    return more;
  };
  link.alias = "uplink";
  apply(change::set, link);
  BOOST_TEST((copy.in_doubt() == none));
  auto larger = *this;
  larger.link.mtu = 9000;
  larger.apply(change::set, larger.link);
  BOOST_TEST((larger.copy.in_doubt() == tables{table::routes_v6}));
  auto down = *this;
  down.link.flags = 0;
  down.apply(change::set, down.link);
  BOOST_TEST((down.copy.in_doubt() == other_tables({})));
  auto renamed = *this;
  renamed.link.name = "w0";
  renamed.apply(change::set, renamed.link);
  BOOST_TEST((renamed.copy.in_doubt() == tables{table::rules}));
  BOOST_TEST(renamed.copy.find_link("v0") == nullptr);
  auto removed = *this;
  removed.apply(change::removed, removed.link);
  BOOST_TEST((removed.copy.in_doubt() == other_tables({table::links, table::rules})));
  BOOST_TEST(removed.copy.links().empty());
}

// Tables that nobody asked for are never in doubt: nobody would list them.
BOOST_AUTO_TEST_CASE(only_tables_that_are_followed_are_in_doubt)
{
  rtnl::cache copy(rtnl::monitor_options().routes(false));
  copy.apply(rtnl::synchronized());
  rtnl::link l;
  l.index = 2;
  copy.apply(changed<rtnl::link>(change::set, l));
  BOOST_TEST((copy.in_doubt() == tables{table::links}));
}

BOOST_FIXTURE_TEST_CASE(rules_are_all_that_they_say, filled_cache)
{
  const auto first = rtnl::rule().from("10.1.0.0/16"_subnet).lookup(100).at(1000);
  const auto second = rtnl::rule().from("10.1.0.0/16"_subnet).lookup(101).at(1000);
  apply(change::set, second);
  apply(change::set, first);
  BOOST_TEST(copy.rules().size() == 3u);
  apply(change::removed, second);
  BOOST_TEST(copy.rules().size() == 2u);
  BOOST_TEST((copy.in_doubt() == none));
  // the same once more, which the kernel allows
  apply(change::set, first);
  BOOST_TEST((copy.in_doubt() == tables{table::rules}));
}

BOOST_FIXTURE_TEST_CASE(nexthops_decide_about_routes, filled_cache)
{
  apply(change::set, rtnl::nexthop(1).dev(2));
  BOOST_TEST((copy.in_doubt() == none));
  apply(change::set, rtnl::nexthop(1).dev(3));
  BOOST_TEST((copy.in_doubt() == routes));
  BOOST_TEST(copy.nexthops().size() == 1u);
  apply(change::removed, rtnl::nexthop(1));
  BOOST_TEST(copy.nexthops().empty());
}

BOOST_FIXTURE_TEST_CASE(neighbours_without_resolution_are_left_out, filled_cache)
{
  const rtnl::neighbour n(2, "10.0.0.7"_ip);
  apply(change::set, n);
  BOOST_TEST(copy.neighbours().size() == 1u);
  auto other = n;
  other.in_state(0x40); // NUD_NOARP
  apply(change::set, other);
  BOOST_TEST(copy.neighbours().empty());
}

BOOST_AUTO_TEST_SUITE_END()
