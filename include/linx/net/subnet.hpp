/// IP networks, and the addresses of interfaces in them.
#pragma once

#include <linx/net/ip.hpp>

namespace linx::net {

/// The mask of a prefix length: 255.255.255.0 for 24. A longer prefix than the family has bits is all ones.
constexpr ip netmask(net::family family, unsigned prefix) noexcept
{
  const ip zero = family == net::family::v4 ? ip() : ip(std::array<std::uint8_t, 16>{});
  const ip ones = zero.filled(0);
  return ones.masked(prefix);
}

/// The prefix length of a mask, nullopt for an address that is none ("255.0.255.0").
constexpr std::optional<unsigned> prefix_of(const ip& mask) noexcept
{
  for (unsigned prefix = 0; prefix <= mask.bits(); ++prefix)
    if (netmask(mask.family(), prefix) == mask) return prefix;
  return std::nullopt;
}

/// A network: an address all of whose host bits are zero, and a prefix length. What a route, a rule or a set
/// is about. Ordered by address, then by prefix; the default value is 0.0.0.0/0.
///
/// Host bits are refused and not cleared, as the kernel does for a route ("Invalid prefix for given prefix
/// length"): 10.0.0.1/24 is a mistake, or an `interface_address`.
class LINX_API subnet {
public:
  constexpr subnet() noexcept = default;

  /// The network that an address lies in; host bits are cleared. A longer prefix than the address has bits is
  /// taken as the address alone.
  constexpr subnet(const ip& member, unsigned prefix) noexcept
      : address_(member.masked(prefix)),
        prefix_(static_cast<std::uint8_t>(prefix < member.bits() ? prefix : member.bits()))
  {}

  /// Reads "10.0.0.0/24" or "2001:db8::/32" and nothing else; the prefix is required, in decimal without
  /// leading zeros.
  ///
  /// Errors: stage `argument`, with the text and the reason.
  static result<subnet> parse(std::string_view text);

  constexpr const ip& address() const noexcept { return address_; }
  constexpr unsigned prefix() const noexcept { return prefix_; }
  constexpr net::family family() const noexcept { return address_.family(); }

  /// The highest address: the broadcast address of an IPv4 network shorter than /31.
  constexpr ip last() const noexcept { return address_.filled(prefix_); }
  /// 255.255.255.0 for a /24.
  constexpr ip netmask() const noexcept { return net::netmask(family(), prefix_); }
  /// The address for all hosts of the network: IPv4, and shorter than /31 (RFC 3021).
  constexpr std::optional<ip> broadcast() const noexcept
  {
    if (family() == net::family::v6 || prefix_ > 30) return std::nullopt;
    return last();
  }
  /// How many addresses it has; nullopt for 2^64 and more.
  constexpr std::optional<std::uint64_t> size() const noexcept
  {
    const unsigned free = address_.bits() - prefix_;
    if (free > 63) return std::nullopt;
    return std::uint64_t(1) << free;
  }
  /// The address `number` places behind the first, nullopt where that is outside.
  constexpr std::optional<ip> nth(std::uint64_t number) const noexcept
  {
    const auto address = address_.plus(number);
    if (!address || !contains(*address)) return std::nullopt;
    return address;
  }
  /// The network around this one with that prefix, nullopt for a longer one.
  constexpr std::optional<subnet> supernet(unsigned prefix) const noexcept
  {
    if (prefix > prefix_) return std::nullopt;
    return subnet(address_, prefix);
  }
  /// The one that is twice as large; nullopt of a default route.
  constexpr std::optional<subnet> supernet() const noexcept
  {
    return prefix_ == 0 ? std::nullopt : supernet(prefix_ - 1u);
  }
  /// The network of the same size behind this one, nullopt at the end of the family.
  constexpr std::optional<subnet> next() const noexcept
  {
    const ip end = last();
    const auto address = end.plus(1);
    if (!address) return std::nullopt;
    return subnet(*address, prefix_);
  }
  constexpr bool is_host() const noexcept { return prefix_ == address_.bits(); }
  constexpr bool is_default() const noexcept { return prefix_ == 0; }

  constexpr bool contains(const ip& address) const noexcept
  {
    return address.family() == family() && address.masked(prefix_) == address_;
  }
  constexpr bool contains(const subnet& other) const noexcept
  {
    return other.prefix_ >= prefix_ && contains(other.address_);
  }
  constexpr bool overlaps(const subnet& other) const noexcept
  {
    return contains(other) || other.contains(*this);
  }

  friend constexpr auto operator<=>(const subnet&, const subnet&) noexcept = default;

private:
  ip address_;
  std::uint8_t prefix_ = 0;
};

/// An address together with the length of the prefix that is on the same link: what `ip address add` takes.
class LINX_API interface_address {
public:
  constexpr interface_address() noexcept = default;

  /// A longer prefix than the address has bits is taken as the address alone.
  constexpr interface_address(const ip& address, unsigned prefix) noexcept
      : address_(address),
        prefix_(static_cast<std::uint8_t>(prefix < address.bits() ? prefix : address.bits()))
  {}

  /// Reads "10.0.0.1/24" and nothing else; the prefix is required.
  /// Errors: stage `argument`.
  static result<interface_address> parse(std::string_view text);

  constexpr const ip& address() const noexcept { return address_; }
  constexpr unsigned prefix() const noexcept { return prefix_; }
  constexpr net::family family() const noexcept { return address_.family(); }
  constexpr subnet network() const noexcept { return subnet(address_, prefix_); }

  friend constexpr auto operator<=>(const interface_address&, const interface_address&) noexcept = default;

private:
  ip address_;
  std::uint8_t prefix_ = 0;
};

/// "10.0.0.0/24"; `parse` reads it back to an equal value.
LINX_API std::string to_string(const subnet&);
LINX_API std::string to_string(const interface_address&);

} // namespace linx::net

template <>
struct std::hash<linx::net::subnet> {
  std::size_t operator()(const linx::net::subnet& s) const noexcept
  {
    return std::hash<linx::net::ip>()(s.address()) * 131 + s.prefix();
  }
};

template <>
struct std::hash<linx::net::interface_address> {
  std::size_t operator()(const linx::net::interface_address& a) const noexcept
  {
    return std::hash<linx::net::ip>()(a.address()) * 131 + a.prefix();
  }
};
