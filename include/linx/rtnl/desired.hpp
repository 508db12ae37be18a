/// The network that somebody wants, by the names of its links.
#pragma once

#include <linx/net/mac.hpp>
#include <linx/rtnl/link_data.hpp>
#include <linx/rtnl/route.hpp>
#include <linx/rtnl/rule.hpp>

#include <string>
#include <utility>
#include <vector>

namespace linx::rtnl {

/// A link and what of it matters; what is not named stays as it is.
///
///     desired_link("br0").made_as("bridge").up()
///     desired_link("v0.7").made_as(vlan(7)).on("v0").up()
///     desired_link("v0").veth("v1").mtu(1400).in("br0").up()
///     desired_link("eth0").up()                                   has to be there
class desired_link {
public:
  explicit desired_link(std::string link_name) noexcept : name(std::move(link_name)) {}

  /// Made of that kind where it is missing, with these options (link_kinds.hpp) and the kernel's defaults for
  /// the others. An option that differs later is changed; one that no kernel changes, such as an id, has the
  /// link made anew. Whose kind is named is claimed: it is removed when it is wanted no longer.
  desired_link& made_as(link_data options) & { return data = std::move(options), *this; }
  desired_link&& made_as(link_data options) && { return std::move(made_as(std::move(options))); }
  /// With the kernel's defaults alone, by the kernel's name: "bridge", "ifb", "dummy".
  LINX_API desired_link& made_as(std::string kind) &;
  desired_link&& made_as(std::string kind) && { return std::move(made_as(std::move(kind))); }
  /// The device below it, which may be wanted as well. Of a link that is made.
  desired_link& on(std::string other) & { return lower = std::move(other), *this; }
  desired_link&& on(std::string other) && { return std::move(on(std::move(other))); }
  /// Made as one end of a pair where it is missing. The other end may be wanted by its name as well.
  LINX_API desired_link& veth(std::string other) &;
  desired_link&& veth(std::string other) && { return std::move(veth(std::move(other))); }
  /// Bytes.
  desired_link& mtu(std::uint32_t bytes) & { return mtu_bytes = bytes, *this; }
  desired_link&& mtu(std::uint32_t bytes) && { return std::move(mtu(bytes)); }
  desired_link& up() & { return is_up = true, *this; }
  desired_link&& up() && { return std::move(up()); }
  desired_link& down() & { return is_up = false, *this; }
  desired_link&& down() && { return std::move(down()); }
  /// Belongs to a bridge or another master; "" to none.
  desired_link& in(std::string other) & { return master = std::move(other), *this; }
  desired_link&& in(std::string other) && { return std::move(in(std::move(other))); }
  desired_link& at(const net::mac& own) & { return address = own, *this; }
  desired_link&& at(const net::mac& own) && { return std::move(at(own)); }

  std::string name;
  link_data data;    ///< the kind and its options; empty: it is not made
  std::string lower; ///< empty: as `data` says
  std::string peer;  ///< of a veth
  std::optional<std::uint32_t> mtu_bytes;
  std::optional<bool> is_up;
  std::optional<std::string> master;
  std::optional<net::mac> address;

  friend bool operator==(const desired_link&, const desired_link&) = default;
};

class desired_address {
public:
  desired_address(std::string link_name, const net::interface_address& own,
                  std::optional<net::ip> other_end = std::nullopt) noexcept
      : link(std::move(link_name)), local(own), peer(other_end)
  {}

  std::string link;
  net::interface_address local;
  std::optional<net::ip> peer;

  friend bool operator==(const desired_address&, const desired_address&) = default;
};

/// A permanent neighbour.
class desired_neighbour {
public:
  desired_neighbour(std::string link_name, const net::ip& ip, const net::mac& physical) noexcept
      : link(std::move(link_name)), address(ip), link_address(physical)
  {}

  std::string link;
  net::ip address;
  net::mac link_address;

  friend bool operator==(const desired_neighbour&, const desired_neighbour&) = default;
};

/// A route whose ways name their links.
///
///     desired_route(route("10.1.0.0/16"_subnet).via("10.0.0.2"_ip))               the kernel finds the link
///     desired_route(route("10.2.0.0/16"_subnet), "v0")
///     desired_route(route("10.3.0.0/16"_subnet)).way(next_hop().via("10.0.0.2"_ip), "v0").way(...)
class desired_route {
public:
  explicit desired_route(route r) : value(std::move(r)), devices(value.hops.size()) {}
  /// By one link.
  desired_route(route r, std::string device) : value(std::move(r))
  {
    if (value.hops.empty()) value.hops.emplace_back();
    devices.resize(value.hops.size());
    devices.front() = std::move(device);
  }

  desired_route& way(next_hop hop, std::string device) &
  {
    value.hops.push_back(std::move(hop));
    devices.push_back(std::move(device));
    return *this;
  }
  desired_route&& way(next_hop hop, std::string device) &&
  {
    return std::move(way(std::move(hop), std::move(device)));
  }

  route value;                      ///< its protocol is that of the `desired`
  std::vector<std::string> devices; ///< one for each way; "": as the way says, or the kernel finds it

  friend bool operator==(const desired_route&, const desired_route&) = default;
};

/// What is wanted of a network namespace.
///
///     desired want(200);
///     want.add(desired_link("v0").veth("v1").up())
///         .add(desired_address("v0", "10.0.0.1/24"_ifaddr))
///         .add(desired_route(route::default_via("10.0.0.254"_ip)));
class desired {
public:
  /// Parameters: `route_protocol`: RTPROT_*, the owner of all routes: each route of that protocol which is
  /// not wanted is removed, and no other is touched. From 3; 192 to 255 are nobody's
  /// (/etc/iproute2/rt_protos).
  explicit desired(std::uint8_t route_protocol) noexcept : protocol(route_protocol) {}

  desired& add(desired_link one) { return links.push_back(std::move(one)), *this; }
  desired& add(desired_address one) { return addresses.push_back(std::move(one)), *this; }
  desired& add(desired_neighbour one) { return neighbours.push_back(std::move(one)), *this; }
  desired& add(desired_route one) { return routes.push_back(std::move(one)), *this; }
  /// It has to have a priority.
  desired& add(rule one) { return rules.push_back(std::move(one)), *this; }

  std::uint8_t protocol;
  std::vector<desired_link> links;
  std::vector<desired_address> addresses;
  std::vector<desired_neighbour> neighbours;
  std::vector<desired_route> routes;
  std::vector<rule> rules;

  friend bool operator==(const desired&, const desired&) = default;
};

/// "v0 veth v1 mtu 1400 up"
LINX_API std::string to_string(const desired_link&);
/// "10.0.0.1/24 dev v0"
LINX_API std::string to_string(const desired_address&);
/// "10.0.0.7 dev v0 lladdr 02:00:00:00:00:07"
LINX_API std::string to_string(const desired_neighbour&);
/// "10.2.0.0/16 dev v0 proto 200 table 254"
LINX_API std::string to_string(const desired_route&);

} // namespace linx::rtnl
