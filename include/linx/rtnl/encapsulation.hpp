/// Lightweight tunnels of routes.
#pragma once

#include <linx/core/config.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace linx::rtnl {

/// What a way puts around its packets, as it came from the kernel: the type, and the bytes of the nested
/// attributes (RTA_ENCAP, NHA_ENCAP), which differ by type and which linx does not take apart. What was read
/// from one route can be given to another. Linux 4.3.
/// Source: linux/lwtunnel.h.
class encapsulation {
public:
  encapsulation() = default;
  encapsulation(std::uint16_t kind, std::vector<std::byte> attributes) noexcept
      : type(kind), bytes(std::move(attributes))
  {}

  std::uint16_t type = 0; ///< LWTUNNEL_ENCAP_*
  std::vector<std::byte> bytes;

  friend bool operator==(const encapsulation&, const encapsulation&) = default;
};

/// "encap seg6 (24 bytes)"
LINX_API std::string to_string(const encapsulation&);

} // namespace linx::rtnl
