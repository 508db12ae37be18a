/// The names of a family's attributes, for errors that say which one the kernel rejected.
#pragma once

#include <linx/core/config.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace linx::netlink {

/// A table of attribute names; each room has constants of this type for its family.
class LINX_API attribute_names {
public:
  class entry {
  public:
    constexpr entry(std::uint16_t type, std::string_view name,
                    const attribute_names* nested = nullptr) noexcept
        : type_(type), name_(name), nested_(nested)
    {}
    constexpr std::uint16_t type() const noexcept { return type_; }
    constexpr std::string_view name() const noexcept { return name_; }
    constexpr const attribute_names* nested() const noexcept { return nested_; }

  private:
    std::uint16_t type_;
    std::string_view name_;
    const attribute_names* nested_;
  };

  /// Says what an encoded request is about, as it stands in an error: "route 10.0.0.0/8 via 10.0.0.1".
  using describer = std::string (*)(std::span<const std::byte> request);

  /// `header_bytes` is the size of the fixed header in front of the attributes; 0 for a nested table.
  /// `describe` is called for requests that failed only, and may be null.
  constexpr attribute_names(std::size_t header_bytes, std::span<const entry> entries,
                            describer describe = nullptr) noexcept
      : header_bytes_(header_bytes), entries_(entries), describe_(describe)
  {}

  constexpr std::size_t header_bytes() const noexcept { return header_bytes_; }
  constexpr describer describe() const noexcept { return describe_; }
  const entry* find(std::uint16_t type) const noexcept;

private:
  std::size_t header_bytes_;
  std::span<const entry> entries_;
  describer describe_;
};

/// The name of the attribute at `offset` of an encoded request, with the names of those around it:
/// "IFLA_LINKINFO.IFLA_INFO_KIND". What the table does not know is printed as a number; "" if no attribute
/// starts at that byte.
LINX_API std::string attribute_at(std::span<const std::byte> request, std::uint32_t offset,
                                  const attribute_names&);

} // namespace linx::netlink
