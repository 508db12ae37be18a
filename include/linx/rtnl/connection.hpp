/// Interfaces, addresses, routes and what belongs to them, of one network namespace.
#pragma once

#include <linx/netlink/connection.hpp>
#include <linx/rtnl/address.hpp>
#include <linx/rtnl/link.hpp>
#include <linx/rtnl/link_change.hpp>
#include <linx/rtnl/route.hpp>
#include <linx/rtnl/veth.hpp>

namespace linx::rtnl {

class address_filter;
class address_label;
class batch;
class bridge_port;
class bridge_vlan;
class fdb_entry;
class fdb_filter;
class fdb_flush;
class filter;
class link_filter;
class link_statistics;
class neighbour;
class neighbour_filter;
class neighbour_table;
class netconf;
class new_link;
class nexthop;
class nexthop_bucket;
class nexthop_filter;
class port_vlans;
class qdisc;
class route_filter;
class route_query;
class rule;
class rule_filter;
class tc_handle;
class traffic_class;
class xdp_program;

/// rtnetlink over a `netlink::connection`: typed values instead of messages. A cheap handle, shared like the
/// connection under it, whose lifetimes, cancellation and concurrency hold for every verb.
///
/// Errors: `stage::kernel` with the kernel's sentence, the attribute it rejected, and the object's name:
/// ENODEV for an interface that is not there, EEXIST, EPERM without CAP_NET_ADMIN in the user namespace that
/// owns the network namespace; `stage::argument` for a name that no interface can have.
/// Source: rtnetlink(7), linux/rtnetlink.h.
class LINX_API connection {
public:
  /// On a connection for NETLINK_ROUTE.
  explicit connection(netlink::connection transport) noexcept : transport_(std::move(transport)) {}

  /// In the calling thread's network namespace, or in another one; see `netlink::connection::open`.
  static result<connection> open(executor ex);
  static result<connection> open(executor ex, const ns::handle& net);
  /// On a socket made elsewhere; see `netlink::connection::adopt`.
  static result<connection> adopt(executor ex, io::unique_fd socket);

  // Links (link.hpp, link_change.hpp, link_filter.hpp, new_link.hpp, veth.hpp, xdp.hpp)

  /// Makes the pair (RTM_NEWLINK, kind veth). Both ends are down.
  task<> add_link(veth pair) const;
  /// Makes a link of any kind (NLM_F_EXCL). Links that it names are looked up first.
  task<> add_link(new_link link) const;
  /// The same; one that is there and of that kind gets these options and settings.
  task<> replace_link(new_link link) const;
  /// RTM_NEWLINK with the changes alone; a name in `which` is the current one.
  task<> change_link(link_id which, link_change change) const;
  task<> set_up(link_id which) const;
  task<> set_down(link_id which) const;
  /// RTM_DELLINK; the peer of a veth goes too.
  task<> remove_link(link_id which) const;
  task<link> get_link(link_id which) const;
  stream<link> links(netlink::dump_options options = netlink::dump_options()) const;
  stream<link> links(link_filter which, netlink::dump_options options = netlink::dump_options()) const;

  /// Names of up to 127 bytes, beside the one (Linux 5.5). One that is taken is EEXIST.
  task<> add_alternative_names(link_id which, std::vector<std::string> names) const;
  task<> remove_alternative_names(link_id which, std::vector<std::string> names) const;

  /// IFLA_XDP. A mode that the driver lacks is EOPNOTSUPP.
  task<> attach_xdp(link_id which, xdp_program program) const;
  /// `none` takes away the driver's or the generic one.
  task<> detach_xdp(link_id which, xdp_mode mode = xdp_mode::none) const;

  /// Gives another network namespace a number here (RTM_NEWNSID), by which `link::lower_netns` names it; -1
  /// takes a free one. EEXIST if it has one. `net` is borrowed until the verb has completed.
  task<> set_netns_id(const ns::handle& net, std::int32_t id) const;
  /// The number that a namespace has here, nothing if it has none. `net` is borrowed.
  task<std::optional<std::int32_t>> get_netns_id(const ns::handle& net) const;
  /// All numbers in use.
  stream<std::int32_t> netns_ids(netlink::dump_options options = netlink::dump_options()) const;

  // Bridges (bridge_port.hpp, bridge_vlan.hpp, fdb.hpp)

  /// RTM_SETLINK of family AF_BRIDGE, of those options that have a value. Reading them: `link::port`.
  task<> change_bridge_port(link_id port, bridge_port options) const;
  /// Adds them to a port, or to the bridge's own device; those that are there get these flags.
  task<> add_bridge_vlan(link_id port, bridge_vlan range) const;
  task<> remove_bridge_vlan(link_id port, bridge_vlan range) const;
  /// Of all ports of all bridges, and of the bridges' own devices.
  stream<port_vlans> bridge_vlans(netlink::dump_options options = netlink::dump_options()) const;

  /// RTM_NEWNEIGH of family AF_BRIDGE with NLM_F_EXCL.
  task<> add_fdb(fdb_entry entry) const;
  task<> replace_fdb(fdb_entry entry) const;
  /// One more destination of an address, of a vxlan device.
  task<> append_fdb(fdb_entry entry) const;
  task<> remove_fdb(fdb_entry entry) const;
  stream<fdb_entry> fdb(netlink::dump_options options = netlink::dump_options()) const;
  stream<fdb_entry> fdb(fdb_filter which, netlink::dump_options options = netlink::dump_options()) const;
  /// Linux 5.19 for bridges and their ports, 6.7 for vxlan.
  task<> flush_fdb(link_id which, fdb_flush what) const;

  // Addresses (address.hpp, address_filter.hpp)

  /// RTM_NEWADDR with NLM_F_EXCL. For an IPv4 network shorter than /31 the broadcast address is set, as ip(8)
  /// does with `brd +`.
  task<> add_address(link_id which, net::interface_address own) const;
  task<> add_address(address a) const;
  /// Adds it, or gives the one that is there these flags, lifetimes, metric and protocol. The kernel has no
  /// request that changes and does not add.
  task<> replace_address(address a) const;
  task<> remove_address(link_id which, net::interface_address own) const;
  task<> remove_address(address a) const;
  /// IPv6 alone: the kernel has no such request for IPv4. Link 0: any.
  task<address> get_address(std::uint32_t link, net::ip own) const;
  /// Of both families.
  stream<address> addresses(netlink::dump_options options = netlink::dump_options()) const;
  stream<address> addresses(address_filter which,
                            netlink::dump_options options = netlink::dump_options()) const;
  /// Removes all that `which` means, pipelined; returns how many there were. What goes by itself meanwhile,
  /// as secondary addresses do with their primary, is not counted.
  task<std::size_t> flush_addresses(address_filter which) const;

  /// The labels that IPv6 chooses source addresses by (address_label.hpp).
  task<> add_address_label(address_label label) const;
  task<> replace_address_label(address_label label) const;
  task<> remove_address_label(address_label label) const;
  /// The one that holds for an address; `prefix` is the address itself then.
  task<address_label> get_address_label(net::ip of) const;
  stream<address_label> address_labels(netlink::dump_options options = netlink::dump_options()) const;

  // Routes (route.hpp, route_filter.hpp)

  /// RTM_NEWROUTE with NLM_F_EXCL.
  task<> add_route(route r) const;
  /// Takes the place of the route with the same destination, metric, tos and table, or is a new one.
  task<> replace_route(route r) const;
  /// The same for one that has to be there.
  task<> change_route(route r) const;
  /// Beside those with the same destination: IPv4 asks them in turn, IPv6 makes one with several ways of
  /// them.
  task<> append_route(route r) const;
  task<> remove_route(route r) const;
  /// The route that a packet would take.
  task<route> get_route(route_query packet) const;
  /// Of one family, all tables.
  stream<route> routes(net::family family = net::family::v4,
                       netlink::dump_options options = netlink::dump_options()) const;
  stream<route> routes(route_filter which, netlink::dump_options options = netlink::dump_options()) const;
  /// Removes all that `which` means, those that the kernel made included, pipelined; returns how many.
  task<std::size_t> flush_routes(route_filter which) const;

  // Nexthop objects, Linux 5.3 (nexthop.hpp)

  task<> add_nexthop(nexthop n) const;
  task<> replace_nexthop(nexthop n) const;
  /// The routes that use it go too.
  task<> remove_nexthop(std::uint32_t id) const;
  task<nexthop> get_nexthop(std::uint32_t id) const;
  stream<nexthop> nexthops(netlink::dump_options options = netlink::dump_options()) const;
  stream<nexthop> nexthops(nexthop_filter which,
                           netlink::dump_options options = netlink::dump_options()) const;
  task<std::size_t> flush_nexthops(nexthop_filter which) const;
  /// The buckets of a resilient group, 0: of all. Linux 5.13.
  stream<nexthop_bucket> nexthop_buckets(std::uint32_t group,
                                         netlink::dump_options options = netlink::dump_options()) const;
  task<nexthop_bucket> get_nexthop_bucket(std::uint32_t group, std::uint16_t index) const;

  // Rules (rule.hpp)

  /// RTM_NEWRULE with NLM_F_EXCL: a second one that says the same is EEXIST (Linux 4.14).
  task<> add_rule(rule r) const;
  /// The first that has all that `r` names.
  task<> remove_rule(rule r) const;
  /// Of both families, in order of priority.
  stream<rule> rules(netlink::dump_options options = netlink::dump_options()) const;
  stream<rule> rules(rule_filter which, netlink::dump_options options = netlink::dump_options()) const;
  /// Removes all that `which` means but the rule of priority 0, without which no packet finds this machine.
  task<std::size_t> flush_rules(rule_filter which) const;

  // Neighbours (neighbour.hpp, neighbour_table.hpp)

  task<> add_neighbour(neighbour n) const;
  task<> replace_neighbour(neighbour n) const;
  /// The same for one that has to be there.
  task<> change_neighbour(neighbour n) const;
  task<> remove_neighbour(neighbour n) const;
  /// Linux 5.0.
  task<neighbour> get_neighbour(std::uint32_t link, net::ip address) const;
  /// Of both families, without proxies.
  stream<neighbour> neighbours(netlink::dump_options options = netlink::dump_options()) const;
  stream<neighbour> neighbours(neighbour_filter which,
                               netlink::dump_options options = netlink::dump_options()) const;
  /// Removes all that `which` means, but permanent and noarp entries unless it names their states.
  task<std::size_t> flush_neighbours(neighbour_filter which) const;
  stream<neighbour_table> neighbour_tables(netlink::dump_options options = netlink::dump_options()) const;

  /// The forwarding switches of all interfaces, of `netconf::all` and `netconf::defaults` (netconf.hpp).
  stream<netconf> netconfs(netlink::dump_options options = netlink::dump_options()) const;
  task<netconf> get_netconf(net::family family, std::int32_t link) const;

  // Many at once (batch.hpp)

  /// Sends all of them pipelined: one result each, in order. One that no message can say gets its error, and
  /// the others are sent.
  task<std::vector<result<>>> submit(batch requests) const;
  /// The same with an acknowledgement of the last alone, which is faster: returns those that were refused. If
  /// one cannot be said nothing is sent.
  task<std::vector<netlink::refusal>> bulk(batch requests) const;

  /// RTM_NEWQDISC: with NLM_F_EXCL; in place of what is there; of the options alone. The link and the parent
  /// of `q` say where. Removing gives the place back to the kernel's own choice.
  task<> add_qdisc(qdisc q) const;
  task<> replace_qdisc(qdisc q) const;
  task<> change_qdisc(qdisc q) const;
  task<> remove_qdisc(qdisc q) const;
  /// Of one interface, or of all with 0; those that the kernel made by itself as well.
  stream<qdisc> qdiscs(std::uint32_t link_index = 0,
                       netlink::dump_options options = netlink::dump_options()) const;
  /// RTM_NEWTCLASS, the same.
  task<> add_class(traffic_class c) const;
  task<> replace_class(traffic_class c) const;
  task<> change_class(traffic_class c) const;
  task<> remove_class(traffic_class c) const;
  stream<traffic_class> classes(std::uint32_t link_index,
                                netlink::dump_options options = netlink::dump_options()) const;
  /// What hangs at `parent`: a qdisc, a class, or one of the places of `clsact`.
  stream<filter> filters(std::uint32_t link_index, tc_handle parent,
                         netlink::dump_options options = netlink::dump_options()) const;

  /// RTM_GETSTATS, Linux 4.7.
  task<link_statistics> get_statistics(link_id which) const;
  stream<link_statistics> statistics(netlink::dump_options options = netlink::dump_options()) const;

  const netlink::connection& transport() const noexcept { return transport_; }

private:
  netlink::connection transport_;
};

} // namespace linx::rtnl
