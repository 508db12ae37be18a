/// Sets of named bits, as ethtool netlink sends them.
#pragma once

#include <linx/netlink/attribute.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace linx::genl::ethtool {

/// One bit of a set.
class bit {
public:
  bit() = default;
  bit(std::uint32_t number, std::string label, bool on) noexcept
      : index(number), name(std::move(label)), value(on)
  {}

  std::uint32_t index = 0;
  std::string name; ///< empty where the kernel sent numbers only, in notifications
  bool value = false;

  friend bool operator==(const bit&, const bit&) = default;
};

/// Those bits of a set that the kernel told about: with a mask they are the bits of the mask, without one
/// those that are on.
/// Source: Documentation/networking/ethtool-netlink.rst, "Bit sets".
class LINX_API bitset {
public:
  bitset() = default;

  /// Decodes a nested bit set in its verbose or its compact form. Bits beyond 65536 are left out.
  static bitset decode(const netlink::attribute&);

  /// Whether the bit of that name is on.
  bool contains(std::string_view name) const noexcept;
  /// The bit of that name; null if the kernel did not tell about it.
  const bit* find(std::string_view name) const noexcept;
  /// The names of the bits that are on; a number where there is no name.
  std::vector<std::string> names() const;

  /// Gives names to bits that have none, from a string set in the order of its indices.
  void name_bits(const std::vector<std::string>& strings);

  std::uint32_t size = 0; ///< how many bits the set has in this kernel
  bool has_mask = false;
  std::vector<bit> bits; ///< by index

  friend bool operator==(const bitset&, const bitset&) = default;
};

/// "rx-checksum tx-vlan-hw-insert": the names of what is on.
LINX_API std::string to_string(const bitset&);

} // namespace linx::genl::ethtool
