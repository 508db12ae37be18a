/// Link-layer addresses of any kind of device.
#pragma once

#include <linx/net/ip.hpp>
#include <linx/net/mac.hpp>

#include <algorithm>

namespace linx::net {

/// A link-layer address of up to 32 bytes (MAX_ADDR_LEN): 6 for Ethernet, 20 for InfiniBand, 4 or 16 for the
/// end of a tunnel, which is an IP address. Ordered by value, then by length; the default value has no bytes.
class LINX_API link_address {
public:
  static constexpr std::size_t max_size = 32;

  constexpr link_address() noexcept = default;
  constexpr link_address(const mac& address) noexcept : link_address(address.bytes()) {}
  constexpr explicit link_address(const ip& address) noexcept : link_address(address.bytes()) {}

  /// From 1 to 32 bytes of a kernel message; nullopt for none and for more.
  static constexpr std::optional<link_address> from_bytes(std::span<const std::byte> bytes) noexcept
  {
    if (bytes.empty() || bytes.size() > max_size) return std::nullopt;
    link_address address;
    for (const auto byte : bytes) address.bytes_[address.size_++] = static_cast<std::uint8_t>(byte);
    return address;
  }

  /// Reads one to 32 pairs of hexadecimal digits joined by colons, in either case, and nothing else.
  ///
  /// Errors: stage `argument`, with the text and the reason.
  static result<link_address> parse(std::string_view text);

  constexpr std::span<const std::uint8_t> bytes() const& noexcept { return {bytes_.data(), size_}; }
  std::span<const std::uint8_t> bytes() const&& = delete;
  constexpr std::size_t size() const noexcept { return size_; }

  /// What has 6 bytes; nothing for any other length.
  constexpr std::optional<mac> as_mac() const noexcept
  {
    if (size_ != 6) return std::nullopt;
    std::array<std::uint8_t, 6> copy{};
    std::copy_n(bytes_.begin(), copy.size(), copy.begin());
    return mac(copy);
  }
  /// What has 4 or 16 bytes; nothing for any other length.
  std::optional<ip> as_ip() const noexcept { return ip::from_bytes(std::as_bytes(bytes())); }

  friend constexpr auto operator<=>(const link_address&, const link_address&) noexcept = default;

private:
  constexpr explicit link_address(std::span<const std::uint8_t> bytes) noexcept
      : size_(static_cast<std::uint8_t>(bytes.size()))
  {
    std::copy(bytes.begin(), bytes.end(), bytes_.begin());
  }

  std::array<std::uint8_t, max_size> bytes_{}; // zeros behind the last
  std::uint8_t size_ = 0;
};

/// "02:00:00:00:00:01" in lower case; `link_address::parse` reads it back to an equal value.
LINX_API std::string to_string(const link_address&);

} // namespace linx::net

template <>
struct std::hash<linx::net::link_address> {
  std::size_t operator()(const linx::net::link_address& address) const noexcept
  {
    const auto bytes = address.bytes();
    return std::hash<std::string_view>()({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
};
