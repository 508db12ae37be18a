/// Labels of IPv6 prefixes, by which source addresses are chosen.
#pragma once

#include <linx/net/subnet.hpp>
#include <linx/netlink/message.hpp>
#include <linx/rtnl/other_attributes.hpp>

#include <optional>
#include <string>

namespace linx::rtnl {

/// A source address is preferred whose label is that of the destination (RFC 6724 2.1); this is one line of
/// the table.
/// Source: ip-addrlabel(8), linux/if_addrlabel.h.
class LINX_API address_label {
public:
  address_label() = default;
  address_label(const net::subnet& network, std::uint32_t number) noexcept : prefix(network), label(number) {}

  /// Decodes RTM_NEWADDRLABEL and RTM_DELADDRLABEL; nothing for any other message.
  static std::optional<address_label> decode(const netlink::message_view&);

  net::subnet prefix; ///< IPv6
  std::uint32_t label = 0;
  std::uint32_t link = 0; ///< index; 0: any
  other_attributes rest;  ///< what linx does not know of it

  friend bool operator==(const address_label&, const address_label&) = default;
};

/// "prefix 2002::/16 label 2"
LINX_API std::string to_string(const address_label&);

} // namespace linx::rtnl
