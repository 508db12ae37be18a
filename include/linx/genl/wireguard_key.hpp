/// Keys of WireGuard.
#pragma once

#include <linx/core/result.hpp>

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace linx::genl::wireguard {

/// 32 bytes: a Curve25519 private or public key, or a preshared one. All zeros, the default, is no key.
class LINX_API key {
public:
  static constexpr std::size_t size = 32; ///< WG_KEY_LEN

  constexpr key() noexcept = default;
  constexpr explicit key(const std::array<std::uint8_t, size>& bytes) noexcept : bytes_(bytes) {}

  /// nullopt for any other length than 32.
  static std::optional<key> from_bytes(std::span<const std::byte> bytes) noexcept;

  /// Reads the 44 characters of base64 that wg(8) prints, and nothing else.
  ///
  /// Errors: stage `argument`; what was passed is not repeated, it may be a secret.
  static result<key> parse(std::string_view base64);

  /// A new private key (`wg genkey`): random bytes of getrandom(2), clamped as Curve25519 wants. The kernel
  /// derives the public key: set it and read the device.
  ///
  /// Errors: stage `none`, ENOSYS.
  static result<key> generate_private();
  /// A new preshared key (`wg genpsk`).
  static result<key> generate_preshared();

  constexpr std::span<const std::uint8_t, size> bytes() const& noexcept { return bytes_; }
  std::span<const std::uint8_t, size> bytes() const&& = delete;
  constexpr bool is_zero() const noexcept { return bytes_ == std::array<std::uint8_t, size>{}; }

  friend constexpr auto operator<=>(const key&, const key&) noexcept = default;

private:
  std::array<std::uint8_t, size> bytes_{};
};

/// Base64, as wg(8) prints it: 44 characters. Think before you print a secret.
LINX_API std::string to_string(const key&);

} // namespace linx::genl::wireguard
