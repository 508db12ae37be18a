/// VLAN devices.
#pragma once

#include <linx/core/config.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace linx::rtnl {

/// A pair of a mapping between packet priorities and those of 802.1p.
class priority_mapping {
public:
  priority_mapping() = default;
  priority_mapping(std::uint32_t f, std::uint32_t t) noexcept : from(f), to(t) {}

  std::uint32_t from = 0;
  std::uint32_t to = 0;

  friend bool operator==(const priority_mapping&, const priority_mapping&) = default;
};

/// "1:2"
LINX_API std::string to_string(const priority_mapping&);

/// Kind vlan (IFLA_VLAN_*): one VLAN of the device below, `new_link::lower`.
/// Source: ip-link(8).
class vlan {
public:
  vlan() = default;
  explicit vlan(std::uint16_t vid) noexcept : id(vid) {}

  std::optional<std::uint16_t> id;       ///< 0 to 4094
  std::optional<std::uint16_t> protocol; ///< 0x8100 (802.1Q, the default) or 0x88a8 (802.1ad)
  std::optional<bool> reorder_header;    ///< on unless told otherwise
  std::optional<bool> gvrp;
  std::optional<bool> mvrp;
  std::optional<bool> loose_binding; ///< stays up while the device below is down
  std::optional<bool> bridge_binding;
  std::vector<priority_mapping> ingress; ///< from 802.1p to the packet's priority
  std::vector<priority_mapping> egress;  ///< from the packet's priority to 802.1p

  friend bool operator==(const vlan&, const vlan&) = default;
};

} // namespace linx::rtnl
