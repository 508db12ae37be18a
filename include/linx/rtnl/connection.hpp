/// Interfaces, addresses and routes of one network namespace.
#pragma once

#include <linx/netlink/connection.hpp>
#include <linx/rtnl/address.hpp>
#include <linx/rtnl/link.hpp>
#include <linx/rtnl/route.hpp>

namespace linx::rtnl {

class filter;
class link_statistics;
class qdisc;
class tc_handle;
class traffic_class;

/// rtnetlink over a `netlink::connection`: typed values instead of messages. A cheap handle, shared like the
/// connection under it, whose lifetimes, cancellation and concurrency hold for every verb.
///
/// Errors: `stage::kernel` with the kernel's sentence, the attribute it rejected, and the object's name:
/// ENODEV for an interface that is not there, EEXIST, EPERM without CAP_NET_ADMIN in the user namespace that
/// owns the network namespace; `stage::argument` for a name that no interface can have. Source: rtnetlink(7),
/// linux/rtnetlink.h.
class LINX_API connection {
public:
  /// On a connection for NETLINK_ROUTE.
  explicit connection(netlink::connection transport) noexcept : transport_(std::move(transport)) {}

  /// In the calling thread's network namespace, or in another one; see `netlink::connection::open`.
  static result<connection> open(executor ex);
  static result<connection> open(executor ex, const ns::handle& net);
  /// On a socket made elsewhere; see `netlink::connection::adopt`.
  static result<connection> adopt(executor ex, io::unique_fd socket);

  /// Makes the pair (RTM_NEWLINK, kind veth). Both ends are down.
  task<> add_link(veth pair) const;
  /// RTM_NEWLINK with the changes alone; a name in `which` is the current one.
  task<> change_link(link_id which, link_change change) const;
  task<> set_up(link_id which) const;
  task<> set_down(link_id which) const;
  /// RTM_DELLINK; the peer of a veth goes too.
  task<> remove_link(link_id which) const;
  task<link> get_link(link_id which) const;
  stream<link> links(netlink::dump_options options = netlink::dump_options()) const;

  /// RTM_NEWADDR with NLM_F_EXCL. For an IPv4 network shorter than /31 the broadcast address is set, as ip(8)
  /// does with `brd +`.
  task<> add_address(link_id which, net::interface_address own) const;
  task<> add_address(address a) const;
  task<> remove_address(link_id which, net::interface_address own) const;
  /// Of both families.
  stream<address> addresses(netlink::dump_options options = netlink::dump_options()) const;

  /// RTM_NEWROUTE with NLM_F_EXCL.
  task<> add_route(route r) const;
  /// Takes the place of the route with the same destination, metric, tos and table.
  task<> replace_route(route r) const;
  task<> remove_route(route r) const;
  /// Of one family, all tables.
  stream<route> routes(net::family family = net::family::v4,
                       netlink::dump_options options = netlink::dump_options()) const;

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
