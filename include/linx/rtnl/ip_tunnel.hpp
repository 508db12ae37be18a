/// Tunnels through IP: gre, ipip and their relatives.
#pragma once

#include <linx/net/ip.hpp>

#include <cstdint>
#include <optional>

namespace linx::rtnl {

/// What all of them have in common. Both ends are of the family of the kind.
/// Source: ip-link(8), linux/if_tunnel.h.
class tunnel_base {
public:
  tunnel_base() = default;
  tunnel_base(const net::ip& own, const net::ip& far_end) noexcept : local(own), remote(far_end) {}

  std::optional<net::ip> local;
  std::optional<net::ip> remote;
  std::optional<std::uint32_t> lower; ///< index of the device to send through
  std::optional<std::uint8_t> ttl;    ///< hop limit; 0: inherited
  std::optional<std::uint8_t> tos;    ///< IPv4
  std::optional<bool> path_mtu_discovery;
  std::optional<std::uint8_t> encap_limit; ///< IPv6
  std::optional<std::uint32_t> flow_info;  ///< IPv6: traffic class and flow label as in the header
  std::optional<std::uint32_t> flags;      ///< IPv6: IP6_TNL_F_*; sit: SIT_ISATAP
  std::optional<std::uint16_t> encap_type; ///< 0: none, 1: FOU, 2: GUE
  std::optional<std::uint16_t> encap_flags;
  std::optional<std::uint16_t> encap_source_port;
  std::optional<std::uint16_t> encap_port;
  std::optional<bool> collect_metadata; ///< "external"
  std::optional<std::uint32_t> fwmark;

  friend bool operator==(const tunnel_base&, const tunnel_base&) = default;
};

/// What the kinds of GRE have besides (IFLA_GRE_*).
class gre_tunnel : public tunnel_base {
public:
  gre_tunnel() = default;
  using tunnel_base::tunnel_base;

  std::optional<std::uint16_t> input_flags; ///< GRE_KEY 0x2000, GRE_SEQ 0x1000, GRE_CSUM 0x8000
  std::optional<std::uint16_t> output_flags;
  std::optional<std::uint32_t> input_key; ///< counts where `input_flags` has GRE_KEY
  std::optional<std::uint32_t> output_key;
  std::optional<bool> ignore_df;

  /// One key for both directions, and the flags that say so.
  void set_key(std::uint32_t key) noexcept
  {
    constexpr std::uint16_t gre_key = 0x2000; // linux/if_tunnel.h
    input_key = output_key = key;
    input_flags = static_cast<std::uint16_t>(input_flags.value_or(0) | gre_key);
    output_flags = static_cast<std::uint16_t>(output_flags.value_or(0) | gre_key);
  }

  friend bool operator==(const gre_tunnel&, const gre_tunnel&) = default;
};

/// Kind gre: IP in GRE in IPv4.
class gre : public gre_tunnel {
public:
  gre() = default;
  using gre_tunnel::gre_tunnel;

  friend bool operator==(const gre&, const gre&) = default;
};

/// Kind gretap: Ethernet in GRE in IPv4.
class gretap : public gre_tunnel {
public:
  gretap() = default;
  using gre_tunnel::gre_tunnel;

  friend bool operator==(const gretap&, const gretap&) = default;
};

/// Kind ip6gre: IP in GRE in IPv6.
class ip6gre : public gre_tunnel {
public:
  ip6gre() = default;
  using gre_tunnel::gre_tunnel;

  friend bool operator==(const ip6gre&, const ip6gre&) = default;
};

/// Kind ip6gretap: Ethernet in GRE in IPv6.
class ip6gretap : public gre_tunnel {
public:
  ip6gretap() = default;
  using gre_tunnel::gre_tunnel;

  friend bool operator==(const ip6gretap&, const ip6gretap&) = default;
};

/// What the kinds of IP in IP have besides (IFLA_IPTUN_*).
class ip_tunnel : public tunnel_base {
public:
  ip_tunnel() = default;
  using tunnel_base::tunnel_base;

  std::optional<std::uint8_t> protocol; ///< IPPROTO_* of what is inside; 0: any
  std::optional<net::ip> prefix_6rd;    ///< sit
  std::optional<std::uint16_t> prefix_length_6rd;
  std::optional<net::ip> relay_prefix_6rd; ///< sit, IPv4
  std::optional<std::uint16_t> relay_prefix_length_6rd;

  friend bool operator==(const ip_tunnel&, const ip_tunnel&) = default;
};

/// Kind ipip: IPv4 in IPv4.
class ipip : public ip_tunnel {
public:
  ipip() = default;
  using ip_tunnel::ip_tunnel;

  friend bool operator==(const ipip&, const ipip&) = default;
};

/// Kind sit: IPv6 in IPv4.
class sit : public ip_tunnel {
public:
  sit() = default;
  using ip_tunnel::ip_tunnel;

  friend bool operator==(const sit&, const sit&) = default;
};

/// Kind ip6tnl: IP in IPv6.
class ip6tnl : public ip_tunnel {
public:
  ip6tnl() = default;
  using ip_tunnel::ip_tunnel;

  friend bool operator==(const ip6tnl&, const ip6tnl&) = default;
};

} // namespace linx::rtnl
