/// The protocol families that nf_tables keeps tables for.
#pragma once

#include <linx/core/config.hpp>

#include <cstdint>
#include <string_view>

namespace linx::netfilter {

/// A table's family, by the kernel's numbers (`NFPROTO_*`, linux/netfilter.h).
enum class family : std::uint8_t {
  unspec = 0, ///< in a request: every family
  inet = 1,   ///< IPv4 and IPv6
  ip = 2,
  arp = 3,
  netdev = 5,
  bridge = 7,
  ip6 = 10,
};

/// The word that nft(8) uses: "inet", "ip6". A family that linx does not know is "unknown".
LINX_API std::string_view to_string(family) noexcept;

} // namespace linx::netfilter
