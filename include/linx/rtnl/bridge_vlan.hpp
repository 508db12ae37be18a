/// VLANs of the ports of a bridge.
#pragma once

#include <linx/netlink/message.hpp>

#include <optional>
#include <string>
#include <vector>

namespace linx::rtnl {

/// A VLAN, or a range of them, of a port of a bridge that filters VLANs (`bridge::vlan_filtering`).
class bridge_vlan {
public:
  bridge_vlan() = default;
  explicit bridge_vlan(std::uint16_t vid) noexcept : first(vid), last(vid) {}
  bridge_vlan(std::uint16_t from, std::uint16_t to) noexcept : first(from), last(to) {}

  std::uint16_t first = 0; ///< 1 to 4094
  std::uint16_t last = 0;
  bool pvid = false;     ///< what comes untagged belongs to it: one VLAN of the port
  bool untagged = false; ///< leaves without a tag
  bool self = false;     ///< of the bridge's own device, and not of a port

  friend bool operator==(const bridge_vlan&, const bridge_vlan&) = default;
};

/// "10-20 untagged"
LINX_API std::string to_string(const bridge_vlan&);

/// The VLANs of one port, or of the bridge's own device, neighbours with the same flags joined to ranges.
class port_vlans {
public:
  port_vlans() = default;

  /// Decodes RTM_NEWLINK and RTM_DELLINK of family AF_BRIDGE; nothing for any other message.
  LINX_API static std::optional<port_vlans> decode(const netlink::message_view&);

  std::uint32_t link = 0;   ///< index
  std::uint32_t bridge = 0; ///< index; the same as `link` for the bridge's own device
  std::vector<bridge_vlan> vlans;

  friend bool operator==(const port_vlans&, const port_vlans&) = default;
};

/// "3: 1 pvid untagged, 10-20"
LINX_API std::string to_string(const port_vlans&);

} // namespace linx::rtnl
