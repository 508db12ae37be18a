// The fields of packet headers that have a name.
#pragma once

#include "netfilter/print_match.hpp"

namespace linx::netfilter::detail {

struct header_field {
  enum class format { number, address, protocol, hex, icmp, icmpv6 };

  expr::base base;
  family network;         ///< unspec: any
  std::uint8_t transport; ///< 0: any
  std::uint32_t offset;
  std::uint32_t length;
  const char* name;
  format shown;
};

/// The network protocol that a packet is known to have, unspec if it is not known.
family network_of(const match_context&) noexcept;

/// The field that a payload expression loads, given what is known about the packet; null if it has no name.
const header_field* find_field(const match_context&, const source&) noexcept;

/// A value of the field; less bytes than the field has are those of a prefix.
std::string field_text(const header_field&, const data&);

} // namespace linx::netfilter::detail
