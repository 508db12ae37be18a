/// Changes of interfaces, addresses, routes and what belongs to them, as they happen.
#pragma once

#include <linx/core/stream.hpp>
#include <linx/netlink/options.hpp>
#include <linx/rtnl/event.hpp>

#include <set>

namespace linx::io {
class unique_fd;
}
namespace linx::ns {
class handle;
}

namespace linx::rtnl {

class connection;

/// What a monitor watches.
class LINX_API monitor_options : public netlink::monitor_buffers<monitor_options> {
public:
  monitor_options& links(bool on) noexcept
  {
    links_ = on;
    return *this;
  }
  monitor_options& addresses(bool on) noexcept
  {
    addresses_ = on;
    return *this;
  }
  monitor_options& routes(bool on) noexcept
  {
    routes_ = on;
    return *this;
  }
  /// The others are off by default.
  monitor_options& rules(bool on) noexcept
  {
    rules_ = on;
    return *this;
  }
  /// Without proxies, whose changes the kernel does not tell.
  monitor_options& neighbours(bool on) noexcept
  {
    neighbours_ = on;
    return *this;
  }
  /// Linux 5.3.
  monitor_options& nexthops(bool on) noexcept
  {
    nexthops_ = on;
    return *this;
  }
  monitor_options& qdiscs(bool on) noexcept
  {
    qdiscs_ = on;
    return *this;
  }
  /// Begins with the present state, each object as `listed`, and `synchronized`. Off by default.
  monitor_options& initial_state(bool on) noexcept
  {
    initial_state_ = on;
    return *this;
  }

  bool links() const noexcept { return links_; }
  bool addresses() const noexcept { return addresses_; }
  bool routes() const noexcept { return routes_; }
  bool rules() const noexcept { return rules_; }
  bool neighbours() const noexcept { return neighbours_; }
  bool nexthops() const noexcept { return nexthops_; }
  bool qdiscs() const noexcept { return qdiscs_; }
  /// All of these.
  std::set<table> tables() const;
  bool initial_state() const noexcept { return initial_state_; }

private:
  bool links_ = true;
  bool addresses_ = true;
  bool routes_ = true;
  bool rules_ = false;
  bool neighbours_ = false;
  bool nexthops_ = false;
  bool qdiscs_ = false;
  bool initial_state_ = false;
};

/// Opens monitors of interfaces, addresses, routes and what belongs to them (RTNLGRP_LINK,
/// RTNLGRP_IPV4_IFADDR, ...).
///
/// When events were lost the stream says `lost`, lists the state anew (each object as `listed`) and says
/// `synchronized`; so a consumer that drops what it knows at `lost` and applies each event in order ends with
/// what the kernel told. Events from the time of the listing come after it: one may tell what has been listed
/// already. What the kernel changes without telling, such as the IPv4 routes that go with their interface, a
/// `cache` finds out (cache.hpp).
///
/// A table that changes while it is listed is listed anew, after pauses that grow up to two seconds.
///
/// Lifetimes, cancellation, concurrency: see `netlink::monitor`. Errors of `next()`: stage `receive` of the
/// monitor's socket, and those of the listings.
/// Source: rtnetlink(7).
class LINX_API monitor {
public:
  monitor() = delete;

  static result<stream<event>> open(executor ex, monitor_options options = monitor_options());
  /// In another network namespace.
  static result<stream<event>> open(executor ex, const ns::handle& net,
                                    monitor_options options = monitor_options());
  /// On a socket for NETLINK_ROUTE made elsewhere, by a child in a namespace that this process may not enter
  /// for instance; it lists on `tables`, a connection into the same namespace.
  static result<stream<event>> adopt(executor ex, io::unique_fd listener, connection tables,
                                     monitor_options options = monitor_options());
};

} // namespace linx::rtnl
