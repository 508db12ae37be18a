// Ports, VLANs and forwarding tables of bridges, and what bridge(8) says of them.
#include "rtnl/network.hpp"

#include <linx/net/literals.hpp>
#include <linx/rtnl/bridge_vlan.hpp>
#include <linx/rtnl/fdb.hpp>
#include <linx/rtnl/new_link.hpp>

#include <cerrno>
#include <chrono>
#include <thread>

BOOST_AUTO_TEST_SUITE(rtnl_bridge_kernel, *boost::unit_test::precondition(linx::test::ip_possible))

namespace asio = boost::asio;
namespace rtnl = linx::rtnl;
using namespace linx::net::literals;
using linx::test::contains;
using linx::test::require;
using linx::test::run;
using linx::test::why;

namespace {

std::string bridge(const std::string& arguments)
{
  return linx::test::run_command("bridge -j -d " + arguments).output;
}

// br0 with the ports v0 and w0.
class bridged : public linx::test::rtnl_network {
public:
  bridged()
  {
    rtnl::bridge options;
    options.vlan_filtering = true;
    filters = ask(kernel.add_link(rtnl::new_link("br0", options))).has_value();
    if (!filters) require(ask(kernel.add_link(rtnl::new_link("br0", rtnl::bridge()))));
    for (const auto* name : {"v", "w"}) {
      const std::string own(name);
      require(ask(kernel.add_link(rtnl::veth(own + "0", own + "1"))));
      auto join = rtnl::link_change();
      join.master("br0").up();
      require(ask(kernel.change_link(own + "0", join)));
      require(ask(kernel.set_up(own + "1")));
    }
    require(ask(kernel.set_up("br0")));
    br0 = get("br0").index;
    v0 = get("v0").index;
  }

  // A port learns once the kernel's link watch has seen both ends up, some milliseconds later.
  void wait_until_forwarding(const std::string& name)
  {
    const auto deadline = std::chrono::steady_clock::now() + linx::test::watchdog;
    for (;;) {
      const auto link = get(name);
      const auto* port = link.port.get_if<rtnl::bridge_port>();
      if (port && port->state == rtnl::stp_state::forwarding) return;
      BOOST_REQUIRE_MESSAGE(std::chrono::steady_clock::now() < deadline, to_string(link));
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  std::vector<rtnl::fdb_entry> entries(const rtnl::fdb_filter& which) { return all(kernel.fdb(which)); }

  bool filters = false;
  std::uint32_t br0 = 0;
  std::uint32_t v0 = 0;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(options_of_a_port, bridged)
{
  rtnl::bridge_port options;
  options.cost = 7;
  options.priority = 9;
  options.learning = false;
  options.unicast_flood = false;
  options.multicast_flood = false;
  options.broadcast_flood = false;
  options.hairpin = true;
  options.guard = true;
  options.root_block = true;
  options.fast_leave = true;
  options.neigh_suppress = true;
  options.isolated = true;
  options.locked = true;
  require(ask(kernel.change_bridge_port("v0", options)));
  const auto said = bridge("link show dev v0");
  for (const auto* part :
       {"\"cost\":7", "\"priority\":9", "\"learning\":false", "\"flood\":false", "\"mcast_flood\":false",
        "\"bcast_flood\":false", "\"hairpin\":true", "\"guard\":true", "\"root_block\":true",
        "\"fastleave\":true", "\"neigh_suppress\":true", "\"isolated\":true", "\"locked\":true"})
    BOOST_TEST(contains(said, part), part << " is not in " << said);
  const auto link = ask(kernel.get_link("v0"));
  require(link);
  const auto* port = link.value().port.get_if<rtnl::bridge_port>();
  BOOST_REQUIRE(port);
  BOOST_TEST((port->cost == 7u));
  BOOST_TEST((port->isolated == true));
  BOOST_TEST((port->learning == false));
  BOOST_TEST((port->state.has_value()));
  BOOST_TEST(contains(to_string(link.value()), "isolated on"));

  // the same by ip(8)'s way, one option
  rtnl::bridge_port one;
  one.cost = 8;
  auto change = rtnl::link_change();
  change.port(one);
  require(ask(kernel.change_link("v0", change)));
  BOOST_TEST(contains(bridge("link show dev v0"), "\"cost\":8"));
  const auto refused = ask(kernel.change_bridge_port("br0", one));
  BOOST_REQUIRE(!refused);
}

BOOST_FIXTURE_TEST_CASE(vlans_and_ranges_of_them, bridged)
{
  if (!filters) {
    BOOST_TEST_MESSAGE("skipped: this kernel's bridges do not filter VLANs");
    return;
  }
  rtnl::bridge_vlan range(10, 20);
  range.untagged = true;
  require(ask(kernel.add_bridge_vlan("v0", range)));
  rtnl::bridge_vlan own(30);
  own.pvid = true;
  own.untagged = true;
  require(ask(kernel.add_bridge_vlan("v0", own)));
  rtnl::bridge_vlan of_bridge(40);
  of_bridge.self = true;
  require(ask(kernel.add_bridge_vlan("br0", of_bridge)));
  const auto said = linx::test::run_command("bridge -compressvlans vlan show").output;
  BOOST_TEST(contains(said, "10-20 Egress Untagged"), said);
  BOOST_TEST(contains(said, "30 PVID Egress Untagged"), said);

  const auto all = run(context, linx::collect(kernel.bridge_vlans()));
  require(all);
  bool seen_port = false;
  bool seen_bridge = false;
  for (const auto& port : all.value()) {
    if (port.link == v0) {
      seen_port = true;
      BOOST_TEST(port.bridge == br0);
      const auto has = [&](const rtnl::bridge_vlan& v) {
        return std::find(port.vlans.begin(), port.vlans.end(), v) != port.vlans.end();
      };
      BOOST_TEST(has(range), to_string(port));
      BOOST_TEST(has(own), to_string(port));
    }
    if (port.link == br0) {
      seen_bridge = true;
      BOOST_TEST((std::find(port.vlans.begin(), port.vlans.end(), of_bridge) != port.vlans.end()));
    }
  }
  BOOST_TEST(seen_port);
  BOOST_TEST(seen_bridge);
  require(ask(kernel.remove_bridge_vlan("v0", rtnl::bridge_vlan(10, 20))));
  BOOST_TEST(!contains(linx::test::run_command("bridge -compressvlans vlan show").output, "10-20"));
}

BOOST_FIXTURE_TEST_CASE(forwarding_entries_of_a_bridge, bridged)
{
  rtnl::fdb_entry fixed(v0, "02:00:00:00:00:11"_mac);
  fixed.state = rtnl::fdb_entry::fixed;
  require(ask(kernel.add_fdb(fixed)));
  const auto again = ask(kernel.add_fdb(fixed));
  BOOST_REQUIRE(!again);
  BOOST_TEST(again.error().errnum() == EEXIST);
  BOOST_TEST(contains(again.error().message(), "FDB entry 02:00:00:00:00:11"), why(again));
  wait_until_forwarding("v0");
  rtnl::fdb_entry learned(v0, "02:00:00:00:00:12"_mac);
  learned.state = rtnl::fdb_entry::dynamic;
  require(ask(kernel.replace_fdb(learned)));
  const auto said = bridge("fdb show br br0");
  BOOST_TEST(contains(said, "\"mac\":\"02:00:00:00:00:11\""), said);
  BOOST_TEST(contains(said, "\"mac\":\"02:00:00:00:00:12\""), said);

  const auto find = [&](const linx::net::mac& address) {
    std::optional<rtnl::fdb_entry> found;
    for (const auto& e : entries(rtnl::fdb_filter().bridge(br0)))
      if (e.address == address && e.link == v0) found = e;
    return found;
  };
  BOOST_REQUIRE(find(fixed.address));
  BOOST_TEST(find(fixed.address)->is_static());
  BOOST_TEST(find(fixed.address)->bridge == br0);
  BOOST_TEST(!find(learned.address)->is_static());
  BOOST_TEST(find(learned.address)->updated.has_value());
  for (const auto& e : entries(rtnl::fdb_filter().link(v0))) BOOST_TEST(e.link == v0);

  // what has been learned goes, what was set stays
  require(ask(kernel.flush_fdb("v0", rtnl::fdb_flush())));
  BOOST_TEST(!find(learned.address).has_value());
  BOOST_TEST(find(fixed.address).has_value());
  require(ask(kernel.remove_fdb(fixed)));
  BOOST_TEST(!find(fixed.address).has_value());
  const auto gone = ask(kernel.remove_fdb(fixed));
  BOOST_REQUIRE(!gone);
  BOOST_TEST(gone.error().errnum() == ENOENT);
}

// All zeros is where a vxlan device sends what it does not know; several far ends are one entry with several
// destinations.
BOOST_FIXTURE_TEST_CASE(forwarding_entries_of_a_vxlan, bridged)
{
  rtnl::vxlan options(42);
  options.port = 4789;
  options.local = "10.0.0.1"_ip;
  require(ask(kernel.add_link(rtnl::new_link("vx0", options))));
  const auto vx0 = get("vx0").index;
  rtnl::fdb_entry flood(vx0, linx::net::mac());
  flood.destination = "10.0.0.2"_ip;
  require(ask(kernel.append_fdb(flood)));
  flood.destination = "10.0.0.3"_ip;
  flood.port = 4790;
  flood.vni = 43;
  require(ask(kernel.append_fdb(flood)));
  const auto said = bridge("fdb show dev vx0");
  BOOST_TEST(contains(said, "\"dst\":\"10.0.0.2\""), said);
  BOOST_TEST(contains(said, "\"dst\":\"10.0.0.3\""), said);
  BOOST_TEST(contains(said, "\"port\":4790"), said);
  BOOST_TEST(contains(said, "\"vni\":43"), said);
  std::size_t found = 0;
  for (const auto& e : entries(rtnl::fdb_filter().link(vx0))) {
    if (e.destination == "10.0.0.3"_ip) {
      ++found;
      BOOST_TEST((e.port == 4790));
      BOOST_TEST((e.vni == 43u));
      BOOST_TEST(e.is_permanent());
    }
    if (e.destination == "10.0.0.2"_ip) ++found;
  }
  BOOST_TEST(found == 2u);
  require(ask(kernel.remove_fdb(flood)));
  BOOST_TEST(!contains(bridge("fdb show dev vx0"), "10.0.0.3"));
}

BOOST_AUTO_TEST_SUITE_END()
