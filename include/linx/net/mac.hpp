/// Ethernet addresses as values.
#pragma once

#include <linx/core/result.hpp>

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace linx::net {

/// A 48-bit link-layer address. Ordered by value; the default value is all zeros.
class LINX_API mac {
public:
  constexpr mac() noexcept = default;
  constexpr explicit mac(const std::array<std::uint8_t, 6>& bytes) noexcept : bytes_(bytes) {}

  /// The address in 6 bytes of a kernel message; nullopt for any other length (other link types have those).
  static std::optional<mac> from_bytes(std::span<const std::byte> bytes) noexcept;

  /// Reads six pairs of hexadecimal digits joined by colons, in either case, and nothing else.
  ///
  /// Errors: stage `argument`, with the text and the reason.
  static result<mac> parse(std::string_view text);

  constexpr std::span<const std::uint8_t, 6> bytes() const& noexcept { return bytes_; }
  std::span<const std::uint8_t, 6> bytes() const&& = delete;

  constexpr bool is_zero() const noexcept { return *this == mac(); }
  constexpr bool is_broadcast() const noexcept { return *this == mac({0xff, 0xff, 0xff, 0xff, 0xff, 0xff}); }
  constexpr bool is_multicast() const noexcept { return (bytes_[0] & 1) != 0; }
  /// Assigned by software and not by a vendor.
  constexpr bool is_local() const noexcept { return (bytes_[0] & 2) != 0; }

  friend constexpr auto operator<=>(const mac&, const mac&) noexcept = default;

private:
  std::array<std::uint8_t, 6> bytes_{};
};

/// "02:00:00:00:00:01" in lower case; `mac::parse` reads it back to an equal value.
LINX_API std::string to_string(const mac&);

} // namespace linx::net

template <>
struct std::hash<linx::net::mac> {
  std::size_t operator()(const linx::net::mac& address) const noexcept
  {
    const auto bytes = address.bytes();
    return std::hash<std::string_view>()({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
};
