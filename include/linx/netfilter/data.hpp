/// The bytes of a register of the nf_tables machine.
#pragma once

#include <linx/core/config.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace linx::netfilter {

/// What an expression compares with or loads, exactly as it lies in the kernel's registers: network byte
/// order for what comes from a packet, host byte order for marks, interface indices and conntrack states.
///
/// At most 64 bytes (`NFT_DATA_VALUE_MAXLEN`): what is longer is cut off.
class LINX_API data {
public:
  static constexpr std::size_t max_size = 64;

  data() = default;
  explicit data(std::span<const std::byte> bytes) noexcept;

  /// Bytes of an integer, first byte the most significant one, as packets have it.
  static data network(std::uint64_t value, std::size_t bytes) noexcept;
  /// Bytes of a 32-bit integer as this machine has it.
  static data host32(std::uint32_t value) noexcept;
  /// Characters; with zeros up to `padded_to` bytes where that is not 0.
  static data text(std::string_view characters, std::size_t padded_to = 0) noexcept;
  /// `size` bytes of zeros.
  static data zeros(std::size_t size) noexcept;

  std::span<const std::byte> bytes() const noexcept { return {bytes_.data(), size_}; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  /// The bytes read as an integer with the first byte the most significant one; of more than 8 bytes the
  /// first 8.
  std::uint64_t as_network() const noexcept;
  /// The bytes read as an integer of this machine; of more than 8 bytes the first 8.
  std::uint64_t as_host() const noexcept;
  bool is_zero() const noexcept;

  friend LINX_API bool operator==(const data&, const data&) noexcept;

private:
  std::array<std::byte, max_size> bytes_{};
  std::uint8_t size_ = 0;
};

} // namespace linx::netfilter
