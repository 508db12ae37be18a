/// Ethernet over UDP: vxlan and geneve.
#pragma once

#include <linx/net/ip.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace linx::rtnl {

/// A range of UDP ports.
class port_range {
public:
  port_range() = default;
  port_range(std::uint16_t first, std::uint16_t last) noexcept : low(first), high(last) {}

  std::uint16_t low = 0;
  std::uint16_t high = 0;

  friend bool operator==(const port_range&, const port_range&) = default;
};

/// "1000-2000"
LINX_API std::string to_string(const port_range&);

/// Whether the outer IPv4 header forbids fragments; VXLAN_DF_*, GENEVE_DF_*.
enum class dont_fragment : std::uint8_t { unset, set, inherit };

LINX_API std::string_view to_string(dont_fragment) noexcept;

/// Kind vxlan (IFLA_VXLAN_*). Members without a value are not sent, and were not received.
/// Source: ip-link(8), linux/if_link.h.
class vxlan {
public:
  vxlan() = default;
  explicit vxlan(std::uint32_t vni) noexcept : id(vni) {}

  std::optional<std::uint32_t> id;    ///< below 2^24
  std::optional<net::ip> group;       ///< multicast, or the only remote end
  std::optional<net::ip> local;       ///< of the same family
  std::optional<std::uint32_t> lower; ///< index of the device to send through; needed for multicast
  std::optional<std::uint16_t> port;  ///< UDP; the kernel's default is 8472, the standard's 4789
  std::optional<port_range> source_ports;
  std::optional<std::uint8_t> ttl;
  std::optional<std::uint8_t> tos;
  std::optional<std::uint32_t> label; ///< IPv6 flow label
  std::optional<dont_fragment> df;
  std::optional<bool> ttl_inherit;
  std::optional<bool> learning;
  std::optional<std::chrono::seconds> ageing; ///< how long a learned address is kept
  std::optional<std::uint32_t> limit;         ///< addresses, 0: none
  std::optional<bool> proxy;
  std::optional<bool> route_short_circuit;
  std::optional<bool> l2miss;
  std::optional<bool> l3miss;
  std::optional<bool> udp_checksum;
  std::optional<bool> udp_zero_checksum6_tx;
  std::optional<bool> udp_zero_checksum6_rx;
  std::optional<bool> remcsum_tx;
  std::optional<bool> remcsum_rx;
  std::optional<bool> remcsum_nopartial;
  std::optional<bool> gbp;
  std::optional<bool> gpe;
  std::optional<bool> collect_metadata; ///< "external": one device for all ids
  std::optional<bool> vni_filter;       ///< Linux 5.18
  std::optional<bool> local_bypass;     ///< Linux 6.5

  friend bool operator==(const vxlan&, const vxlan&) = default;
};

/// Kind geneve (IFLA_GENEVE_*).
/// Source: ip-link(8), linux/if_link.h.
class geneve {
public:
  geneve() = default;
  geneve(std::uint32_t vni, const net::ip& far_end) noexcept : id(vni), remote(far_end) {}

  std::optional<std::uint32_t> id; ///< below 2^24
  std::optional<net::ip> remote;
  std::optional<std::uint16_t> port; ///< UDP; 6081 unless told otherwise
  std::optional<std::uint8_t> ttl;
  std::optional<std::uint8_t> tos;
  std::optional<std::uint32_t> label; ///< IPv6 flow label
  std::optional<dont_fragment> df;
  std::optional<bool> ttl_inherit;
  std::optional<bool> udp_checksum;
  std::optional<bool> udp_zero_checksum6_tx;
  std::optional<bool> udp_zero_checksum6_rx;
  std::optional<bool> collect_metadata;    ///< "external": neither id nor remote
  std::optional<bool> inner_proto_inherit; ///< Linux 5.18

  friend bool operator==(const geneve&, const geneve&) = default;
};

} // namespace linx::rtnl
