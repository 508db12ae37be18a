/// Addresses of interfaces.
#pragma once

#include <linx/net/subnet.hpp>
#include <linx/netlink/message.hpp>
#include <linx/rtnl/other_attributes.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace linx::rtnl {

/// An address as RTM_NEWADDR describes it.
class LINX_API address {
public:
  address() = default;
  /// What it takes to add one: the interface's index, the address and the prefix of its network.
  address(std::uint32_t link_index, const net::interface_address& own) noexcept : link(link_index), local(own)
  {}

  /// Decodes RTM_NEWADDR and RTM_DELADDR; nothing for any other message, nor for a family that is not IP.
  static std::optional<address> decode(const netlink::message_view&);

  std::uint32_t link = 0; ///< index
  net::interface_address local;
  std::optional<net::ip> peer;                   ///< the other end, where it is not in the same network
  std::optional<net::ip> broadcast;              ///< IPv4
  std::uint8_t scope = 0;                        ///< RT_SCOPE_*
  std::uint32_t flags = 0;                       ///< IFA_F_*
  std::uint8_t protocol = 0;                     ///< IFAPROT_*, Linux 5.18
  std::uint32_t metric = 0;                      ///< of the route to its network, 0: the default, Linux 4.18
  std::string label;                             ///< IPv4; mostly the name of the interface
  std::optional<std::chrono::seconds> valid;     ///< nothing: for ever
  std::optional<std::chrono::seconds> preferred; ///< nothing: for ever
  other_attributes rest;                         ///< what linx does not know of it

  friend bool operator==(const address&, const address&) = default;
};

/// "2: 10.0.0.1/24 broadcast 10.0.0.255 scope global"
LINX_API std::string to_string(const address&);

} // namespace linx::rtnl
