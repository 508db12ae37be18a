/// Changes of interfaces, addresses and routes as they happen.
#pragma once

#include <linx/core/stream.hpp>
#include <linx/netlink/notification.hpp>
#include <linx/rtnl/address.hpp>
#include <linx/rtnl/link.hpp>
#include <linx/rtnl/route.hpp>

#include <variant>

namespace linx::io {
class unique_fd;
}
namespace linx::ns {
class handle;
}

namespace linx::rtnl {

class connection;

/// What happened to an object. The kernel does not tell a new one from one that changed.
enum class change : std::uint8_t {
  set,     ///< it is new or has changed; the value is all of it
  removed, ///< the value is what it was
  listed,  ///< it was there when the state was listed
};

LINX_API std::string_view to_string(change) noexcept;

/// An object and what happened to it.
template <class T>
class changed {
public:
  changed(change what, T value) noexcept : what_(what), value_(std::move(value)) {}

  change what() const noexcept { return what_; }
  const T& value() const& noexcept { return value_; }
  T&& value() && noexcept { return std::move(value_); }

  friend bool operator==(const changed&, const changed&) = default;

private:
  change what_;
  T value_;
};

/// The state has been listed completely: what was not `listed` since the last `lost`, or since the start,
/// does not exist.
class synchronized {
public:
  friend bool operator==(const synchronized&, const synchronized&) noexcept = default;
};

using event = std::variant<changed<link>, changed<address>, changed<route>, netlink::lost, synchronized>;

/// "set link 2: v0@5: <UP> ...", "lost: the receive buffer was full", "synchronized"
LINX_API std::string to_string(const event&);

/// What a monitor watches.
class monitor_options {
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
  /// Begins with the present state, each object as `listed`, and `synchronized`. Off by default.
  monitor_options& initial_state(bool on) noexcept
  {
    initial_state_ = on;
    return *this;
  }
  /// See `netlink::monitor_options`; bytes.
  monitor_options& receive_buffer(std::size_t bytes) noexcept
  {
    receive_buffer_ = bytes;
    return *this;
  }
  monitor_options& queue(std::size_t bytes) noexcept
  {
    queue_ = bytes;
    return *this;
  }

  bool links() const noexcept { return links_; }
  bool addresses() const noexcept { return addresses_; }
  bool routes() const noexcept { return routes_; }
  bool initial_state() const noexcept { return initial_state_; }
  std::size_t receive_buffer() const noexcept { return receive_buffer_; }
  std::size_t queue() const noexcept { return queue_; }

private:
  std::size_t receive_buffer_ = std::size_t(4) << 20;
  std::size_t queue_ = std::size_t(64) << 20;
  bool links_ = true;
  bool addresses_ = true;
  bool routes_ = true;
  bool initial_state_ = false;
};

/// Opens monitors of interfaces, addresses and routes (RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, ...).
///
/// When events were lost the stream says `lost`, lists the state anew (each object as `listed`) and says
/// `synchronized`; so a consumer that drops what it knows at `lost` and applies each event in order ends with
/// what the kernel has. Events from the time of the listing come after it: one may tell what has been listed
/// already.
///
/// Lifetimes, cancellation, concurrency: see `netlink::monitor`. Errors of `next()`: stage `receive` of the
/// monitor's socket; of the listing, `errc::dump_interrupted` if the state never held still. Source:
/// rtnetlink(7).
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
