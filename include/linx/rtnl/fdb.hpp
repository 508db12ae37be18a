/// Forwarding tables of bridges and of vxlan devices.
#pragma once

#include <linx/net/ip.hpp>
#include <linx/net/mac.hpp>
#include <linx/netlink/message.hpp>
#include <linx/rtnl/other_attributes.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace linx::rtnl {

/// Where frames for an address go: an entry of the table of a bridge, or of a vxlan device.
/// Source: bridge(8), linux/neighbour.h.
class LINX_API fdb_entry {
public:
  fdb_entry() = default;
  /// What it takes to add one: the index of the port, or of the vxlan device. `permanent`.
  fdb_entry(std::uint32_t index, const net::mac& of) noexcept : link(index), address(of) {}

  /// Decodes RTM_NEWNEIGH and RTM_DELNEIGH of family AF_BRIDGE; nothing for any other message.
  static std::optional<fdb_entry> decode(const netlink::message_view&);

  /// The states that entries are in. A permanent one is the bridge's own address in a bridge's table, a
  /// static one does not age, a dynamic one ages and moves.
  static constexpr std::uint16_t permanent = 0x80; // NUD_PERMANENT
  static constexpr std::uint16_t fixed = 0x40;     // NUD_NOARP: static
  static constexpr std::uint16_t dynamic = 0x02;   // NUD_REACHABLE
  bool is_permanent() const noexcept { return (state & permanent) != 0; }
  bool is_static() const noexcept { return (state & (permanent | fixed)) == fixed; }

  std::uint32_t link = 0; ///< index
  net::mac address;
  std::uint16_t state = permanent;
  /// NTF_*. Without NTF_MASTER and NTF_SELF an entry that has a destination is meant for the device, any
  /// other for the bridge of the port.
  std::uint8_t flags = 0;
  std::uint32_t extended_flags = 0; ///< NTF_EXT_*, NDA_FLAGS_EXT
  std::optional<std::uint16_t> vlan;
  std::uint32_t bridge = 0;                      ///< index; as observed
  std::optional<net::ip> destination;            ///< vxlan: the far end
  std::optional<std::uint16_t> port;             ///< vxlan: UDP
  std::optional<std::uint32_t> vni;              ///< vxlan: on the wire
  std::optional<std::uint32_t> source_vni;       ///< vxlan, external: that the entry is for
  std::optional<std::uint32_t> via;              ///< vxlan: index of the device to send through
  std::optional<std::uint32_t> nexthop;          ///< vxlan: id of a nexthop object instead of a destination
  std::optional<std::chrono::milliseconds> used; ///< how long ago; as observed
  std::optional<std::chrono::milliseconds> updated; ///< how long ago; as observed
  other_attributes rest;                            ///< what linx does not know of it

  friend bool operator==(const fdb_entry&, const fdb_entry&) = default;
};

/// "02:00:00:00:00:01 dev 3 vlan 10 master 2 static"
LINX_API std::string to_string(const fdb_entry&);

/// Which entries are listed.
class fdb_filter {
public:
  /// Of a bridge, by its index: of its ports and of its own device.
  fdb_filter& bridge(std::uint32_t index) & noexcept
  {
    bridge_ = index;
    return *this;
  }
  fdb_filter&& bridge(std::uint32_t index) && noexcept { return std::move(bridge(index)); }
  /// Of one port or device, by its index.
  fdb_filter& link(std::uint32_t index) & noexcept
  {
    link_ = index;
    return *this;
  }
  fdb_filter&& link(std::uint32_t index) && noexcept { return std::move(link(index)); }

  std::uint32_t bridge() const noexcept { return bridge_; }
  std::uint32_t link() const noexcept { return link_; }

private:
  std::uint32_t bridge_ = 0;
  std::uint32_t link_ = 0;
};

/// Which entries are flushed. All that are neither permanent nor static, unless told otherwise.
class fdb_flush {
public:
  fdb_flush& vlan(std::uint16_t vid) & noexcept
  {
    vlan_ = vid;
    return *this;
  }
  fdb_flush&& vlan(std::uint16_t vid) && noexcept { return std::move(vlan(vid)); }
  /// Those whose state, as far as `mask` goes, is `state`.
  fdb_flush& state(std::uint16_t state, std::uint16_t mask) & noexcept
  {
    state_ = state;
    state_mask_ = mask;
    return *this;
  }
  fdb_flush&& state(std::uint16_t state, std::uint16_t mask) && noexcept
  {
    return std::move(this->state(state, mask));
  }
  /// Of the device named itself, a bridge or a vxlan, and not of the bridge that it is a port of.
  fdb_flush& self() & noexcept
  {
    self_ = true;
    return *this;
  }
  fdb_flush&& self() && noexcept { return std::move(self()); }

  std::optional<std::uint16_t> vlan() const noexcept { return vlan_; }
  std::uint16_t state() const noexcept { return state_; }
  std::uint16_t state_mask() const noexcept { return state_mask_; }
  bool is_self() const noexcept { return self_; }

private:
  std::optional<std::uint16_t> vlan_;
  std::uint16_t state_ = 0;
  std::uint16_t state_mask_ = fdb_entry::permanent | fdb_entry::fixed;
  bool self_ = false;
};

} // namespace linx::rtnl
