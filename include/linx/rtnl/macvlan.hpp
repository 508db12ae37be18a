/// Links that share the device below: macvlan, macvtap, ipvlan, ipvtap.
#pragma once

#include <linx/net/mac.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace linx::rtnl {

/// IFLA_MACVLAN_MODE; the numbers are those of linux/if_link.h (MACVLAN_MODE_*).
enum class macvlan_mode : std::uint32_t { private_ = 1, vepa = 2, bridge = 4, passthru = 8, source = 16 };

LINX_API std::string_view to_string(macvlan_mode) noexcept;

/// IFLA_IPVLAN_MODE (IPVLAN_MODE_*).
enum class ipvlan_mode : std::uint16_t { l2, l3, l3s };

LINX_API std::string_view to_string(ipvlan_mode) noexcept;

/// Kind macvlan (IFLA_MACVLAN_*): an address of its own on the device below, `new_link::lower`.
/// Source: ip-link(8).
class macvlan {
public:
  macvlan() = default;
  explicit macvlan(macvlan_mode m) noexcept : mode(m) {}

  std::optional<macvlan_mode> mode;
  std::optional<std::uint16_t> flags;                  ///< MACVLAN_FLAG_NOPROMISC (1), MACVLAN_FLAG_NODST (2)
  std::vector<net::mac> sources;                       ///< who may send, mode `source`
  std::optional<std::uint32_t> broadcast_queue_length; ///< Linux 5.12
  std::optional<std::int32_t> broadcast_cutoff;        ///< Linux 6.4
  // only the kernel writes this
  std::optional<std::uint32_t> broadcast_queue_length_used;

  friend bool operator==(const macvlan&, const macvlan&) = default;
};

/// Kind macvtap: the same with a character device, /dev/tap<index>.
class macvtap : public macvlan {
public:
  macvtap() = default;
  using macvlan::macvlan;

  friend bool operator==(const macvtap&, const macvtap&) = default;
};

/// Kind ipvlan (IFLA_IPVLAN_*): shares the address of the device below.
/// Source: ip-link(8).
class ipvlan {
public:
  ipvlan() = default;
  explicit ipvlan(ipvlan_mode m) noexcept : mode(m) {}

  std::optional<ipvlan_mode> mode;
  std::optional<std::uint16_t> flags; ///< IPVLAN_F_PRIVATE (1), IPVLAN_F_VEPA (2)

  friend bool operator==(const ipvlan&, const ipvlan&) = default;
};

/// Kind ipvtap: the same with a character device.
class ipvtap : public ipvlan {
public:
  ipvtap() = default;
  using ipvlan::ipvlan;

  friend bool operator==(const ipvtap&, const ipvtap&) = default;
};

} // namespace linx::rtnl
