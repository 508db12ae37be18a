/// An address with a port.
#pragma once

#include <linx/net/ip.hpp>

namespace linx::net {

/// Where a UDP or TCP socket is bound or connected to. Ordered by address, then port, then scope; the default
/// value is 0.0.0.0:0.
class LINX_API endpoint {
public:
  constexpr endpoint() noexcept = default;
  /// `scope` is the index of the interface that a link-local IPv6 address belongs to (sin6_scope_id of
  /// ipv6(7)), 0 for none.
  constexpr endpoint(const ip& address, std::uint16_t port, std::uint32_t scope = 0) noexcept
      : address_(address), scope_(scope), port_(port)
  {}

  /// Reads "10.0.0.1:80", "[2001:db8::1]:80" or "[fe80::1%3]:80" and nothing else: the port is required, in
  /// decimal without leading zeros; the scope is an index, not a name.
  ///
  /// Errors: stage `argument`, with the text and the reason.
  static result<endpoint> parse(std::string_view text);

  constexpr const ip& address() const noexcept { return address_; }
  constexpr std::uint16_t port() const noexcept { return port_; } ///< in host order
  constexpr std::uint32_t scope() const noexcept { return scope_; }

  friend constexpr auto operator<=>(const endpoint& a, const endpoint& b) noexcept
  {
    if (const auto order = a.address_ <=> b.address_; order != 0) return order;
    if (const auto order = a.port_ <=> b.port_; order != 0) return order;
    return a.scope_ <=> b.scope_;
  }
  friend constexpr bool operator==(const endpoint&, const endpoint&) noexcept = default;

private:
  ip address_;
  std::uint32_t scope_ = 0;
  std::uint16_t port_ = 0;
};

/// "10.0.0.1:80", "[2001:db8::1]:80"; `parse` reads it back to an equal value.
LINX_API std::string to_string(const endpoint&);

} // namespace linx::net
