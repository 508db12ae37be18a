/// What a monitor yields: what happened to which object.
#pragma once

#include <linx/netlink/notification.hpp>
#include <linx/rtnl/address.hpp>
#include <linx/rtnl/link.hpp>
#include <linx/rtnl/neighbour.hpp>
#include <linx/rtnl/nexthop.hpp>
#include <linx/rtnl/qdisc.hpp>
#include <linx/rtnl/route.hpp>
#include <linx/rtnl/rule.hpp>

#include <variant>

namespace linx::rtnl {

/// The tables that events tell of.
enum class table : std::uint8_t {
  links,
  addresses,
  nexthops,
  routes_v4,
  routes_v6,
  rules,
  neighbours,
  qdiscs,
};

/// "routes_v4"
LINX_API std::string_view to_string(table) noexcept;

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

using event = std::variant<changed<link>, changed<address>, changed<route>, netlink::lost, synchronized,
                           changed<rule>, changed<neighbour>, changed<nexthop>, changed<qdisc>>;

/// "set link 2: v0@5: <UP> ...", "lost: the receive buffer was full", "synchronized"
LINX_API std::string to_string(const event&);

} // namespace linx::rtnl
