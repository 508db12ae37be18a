/// IPv4 and IPv6 addresses as values.
#pragma once

#include <linx/core/result.hpp>

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace linx::net {

/// The numbers are those of `AF_INET` and `AF_INET6`.
enum class family : std::uint8_t { v4 = 2, v6 = 10 };

/// An IP address without port, prefix or zone. Ordered by family, then by value; the default value is
/// 0.0.0.0.
class LINX_API ip {
public:
  constexpr ip() noexcept = default;

  /// The bytes in network order.
  constexpr explicit ip(const std::array<std::uint8_t, 4>& bytes) noexcept
      : bytes_{bytes[0], bytes[1], bytes[2], bytes[3]}
  {}
  constexpr explicit ip(const std::array<std::uint8_t, 16>& bytes) noexcept
      : bytes_(bytes), family_(net::family::v6)
  {}

  /// The address in 4 or 16 bytes of a kernel message; nullopt for any other length.
  static std::optional<ip> from_bytes(std::span<const std::byte> bytes) noexcept
  {
    // Every address of every dump comes this way. It is stored whole, as it will be loaded: a load that meets
    // several smaller stores waits for all of them.
    std::uint64_t whole[2] = {0, 0};
    if (bytes.size() == 4)
      std::memcpy(whole, bytes.data(), 4);
    else if (bytes.size() == 16)
      std::memcpy(whole, bytes.data(), 16);
    else
      return std::nullopt;
    ip address;
    static_assert(sizeof whole == sizeof address.bytes_);
    std::memcpy(address.bytes_.data(), whole, sizeof whole);
    address.family_ = bytes.size() == 4 ? net::family::v4 : net::family::v6;
    return address;
  }

  /// Reads one address and nothing else: four decimal numbers without leading zeros, or the forms of RFC 4291
  /// section 2.2. Zones ("%eth0"), ports, prefixes, spaces and short forms ("10.1") are refused.
  ///
  /// Errors: stage `argument`, with the text and the reason.
  static result<ip> parse(std::string_view text);

  constexpr net::family family() const noexcept { return family_; }
  constexpr bool is_v4() const noexcept { return family_ == net::family::v4; }
  constexpr bool is_v6() const noexcept { return family_ == net::family::v6; }

  /// 4 or 16 bytes in network order, as long as the address lives.
  constexpr std::span<const std::uint8_t> bytes() const& noexcept { return {bytes_.data(), bits() / 8}; }
  std::span<const std::uint8_t> bytes() const&& = delete;

  /// 32 or 128: the longest prefix.
  constexpr unsigned bits() const noexcept { return is_v4() ? 32 : 128; }

  /// The address with all bits from `prefix` on cleared, or set. A longer prefix than `bits()` changes
  /// nothing.
  constexpr ip masked(unsigned prefix) const noexcept { return with_tail(prefix, false); }
  constexpr ip filled(unsigned prefix) const noexcept { return with_tail(prefix, true); }

  /// The address `count` places further on, or back; nullopt beyond the last and the first of the family.
  constexpr std::optional<ip> plus(std::uint64_t count) const noexcept
  {
    ip sum = *this;
    for (std::size_t i = bits() / 8; i-- > 0 && count != 0;) {
      const std::uint64_t digit = sum.bytes_[i] + (count & 0xff);
      sum.bytes_[i] = static_cast<std::uint8_t>(digit);
      count = (count >> 8) + (digit >> 8);
    }
    if (count != 0) return std::nullopt;
    return sum;
  }
  constexpr std::optional<ip> minus(std::uint64_t count) const noexcept
  {
    ip difference = *this;
    for (std::size_t i = bits() / 8; i-- > 0 && count != 0;) {
      const bool borrow = difference.bytes_[i] < (count & 0xff);
      difference.bytes_[i] = static_cast<std::uint8_t>(difference.bytes_[i] - count);
      count = (count >> 8) + borrow;
    }
    if (count != 0) return std::nullopt;
    return difference;
  }

  constexpr bool is_unspecified() const noexcept { return starts_with_zeros(bits() / 8); } ///< 0.0.0.0, ::
  constexpr bool is_loopback() const noexcept ///< 127.0.0.0/8, ::1
  {
    if (is_v4()) return bytes_[0] == 127;
    return bytes_[15] == 1 && starts_with_zeros(15);
  }
  constexpr bool is_multicast() const noexcept ///< 224.0.0.0/4, ff00::/8
  {
    return is_v4() ? (bytes_[0] & 0xf0) == 0xe0 : bytes_[0] == 0xff;
  }
  constexpr bool is_link_local() const noexcept ///< 169.254.0.0/16, fe80::/10
  {
    return is_v4() ? bytes_[0] == 169 && bytes_[1] == 254 : bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
  }
  constexpr bool is_private() const noexcept ///< RFC 1918; fc00::/7
  {
    if (is_v6()) return (bytes_[0] & 0xfe) == 0xfc;
    return bytes_[0] == 10 || (bytes_[0] == 172 && (bytes_[1] & 0xf0) == 16) ||
           (bytes_[0] == 192 && bytes_[1] == 168);
  }
  constexpr bool is_v4_mapped() const noexcept ///< ::ffff:0:0/96
  {
    return is_v6() && bytes_[10] == 0xff && bytes_[11] == 0xff && starts_with_zeros(10);
  }

  friend constexpr auto operator<=>(const ip& a, const ip& b) noexcept
  {
    if (const auto order = a.family_ <=> b.family_; order != 0) return order;
    return a.bytes_ <=> b.bytes_;
  }
  friend constexpr bool operator==(const ip&, const ip&) noexcept = default;

private:
  constexpr ip with_tail(unsigned prefix, bool set) const noexcept
  {
    ip copy = *this;
    const std::size_t size = bits() / 8;
    std::size_t at = prefix / 8;
    if (at >= size) return copy;
    const auto tail = static_cast<std::uint8_t>(0xffu >> (prefix % 8));
    copy.bytes_[at] = static_cast<std::uint8_t>(set ? bytes_[at] | tail : bytes_[at] & ~tail);
    while (++at < size) copy.bytes_[at] = set ? 0xff : 0;
    return copy;
  }
  constexpr bool starts_with_zeros(std::size_t count) const noexcept
  {
    for (std::size_t i = 0; i < count; ++i) {
      if (bytes_[i] != 0) return false;
    }
    return true;
  }

  std::array<std::uint8_t, 16> bytes_{};
  net::family family_ = net::family::v4;
};

/// How many places `to` is behind `from`; nullopt for another family, for a `to` before `from`, and for 2^64
/// and more.
constexpr std::optional<std::uint64_t> distance(const ip& from, const ip& to) noexcept
{
  if (from.family() != to.family() || to < from) return std::nullopt;
  const auto high = to.bytes(), low = from.bytes();
  std::uint64_t value = 0;
  unsigned borrow = 0;
  for (std::size_t i = high.size(); i-- > 0;) {
    const unsigned digit = 256u + high[i] - low[i] - borrow;
    borrow = digit < 256 ? 1 : 0;
    const std::size_t place = high.size() - 1 - i;
    if (place < 8)
      value |= std::uint64_t(digit & 0xff) << (8 * place);
    else if ((digit & 0xff) != 0)
      return std::nullopt;
  }
  return value;
}

/// The printed form: dotted decimal, or RFC 5952. `ip::parse` reads it back to an equal value.
LINX_API std::string to_string(const ip&);

} // namespace linx::net

template <>
struct std::hash<linx::net::ip> {
  std::size_t operator()(const linx::net::ip& address) const noexcept
  {
    // The same bytes in both families do not meet: the length differs.
    const auto bytes = address.bytes();
    return std::hash<std::string_view>()({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
};
