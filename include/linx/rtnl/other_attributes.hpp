/// What the kernel says of an object and linx does not know.
#pragma once

#include <linx/netlink/attribute.hpp>
#include <linx/rtnl/rare.hpp>

#include <string>
#include <vector>

namespace linx::rtnl {

/// The attributes of an object for which it has no member, with type and bytes as they came: those of kernels
/// that are newer than linx. A value that was read and is added or removed says them again, so nothing is
/// lost on the way; values that differ in them are not equal.
class LINX_API other_attributes {
public:
  bool empty() const noexcept { return !bytes_; }
  /// One more, behind those there are.
  void add(const netlink::attribute&);
  /// A view, as long as they live.
  netlink::attributes all() const& noexcept { return netlink::attributes(bytes()); }
  netlink::attributes all() const&& = delete;
  /// One behind the other, as they stand in a message.
  std::span<const std::byte> bytes() const noexcept
  {
    return bytes_ ? std::span<const std::byte>(*bytes_) : std::span<const std::byte>();
  }

  friend bool operator==(const other_attributes&, const other_attributes&) = default;

private:
  rare<std::vector<std::byte>> bytes_; // with headers and padding
};

/// "#31 0a000001 #40 00"
LINX_API std::string to_string(const other_attributes&);

} // namespace linx::rtnl
