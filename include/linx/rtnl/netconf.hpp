/// The forwarding switches of interfaces.
#pragma once

#include <linx/net/ip.hpp>
#include <linx/netlink/message.hpp>
#include <linx/rtnl/other_attributes.hpp>

#include <optional>
#include <string>

namespace linx::rtnl {

/// What RTM_NEWNETCONF says about an interface, all of them, or those to come. A switch that the family does
/// not have is empty. Linux 3.8.
/// Source: linux/netconf.h.
class LINX_API netconf {
public:
  static constexpr std::int32_t all = -1;      ///< NETCONFA_IFINDEX_ALL
  static constexpr std::int32_t defaults = -2; ///< NETCONFA_IFINDEX_DEFAULT

  /// Decodes RTM_NEWNETCONF and RTM_DELNETCONF; nothing for any other message, nor for a family that is not
  /// IP.
  static std::optional<netconf> decode(const netlink::message_view&);

  net::family family = net::family::v4;
  std::int32_t link = 0; ///< index, or `all`, or `defaults`
  std::optional<std::int32_t> forwarding;
  std::optional<std::int32_t> rp_filter;
  std::optional<std::int32_t> mc_forwarding;
  std::optional<std::int32_t> proxy_neigh;
  std::optional<std::int32_t> ignore_routes_with_linkdown;
  std::optional<std::int32_t> bc_forwarding;
  other_attributes rest; ///< what linx does not know of it

  friend bool operator==(const netconf&, const netconf&) = default;
};

/// "inet dev 2 forwarding 1 rp_filter 0"
LINX_API std::string to_string(const netconf&);

} // namespace linx::rtnl
