/// Reading the attributes of a netlink message: bounded, tolerant, without copies.
#pragma once

#include <linx/core/config.hpp>

#include <linux/netlink.h>

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

namespace linx::netlink {

/// Rounded up to the 4 bytes that netlink aligns headers and attributes to (NLMSG_ALIGNTO, NLA_ALIGNTO).
constexpr std::size_t aligned(std::size_t size) noexcept
{
  return (size + 3) & ~std::size_t(3);
}

/// A structure of the kernel's, read out of `bytes`. What an older kernel did not send reads as zero, what a
/// newer one appended is left out: both happen whenever linx was built against other headers than the running
/// kernel's.
template <class T>
requires std::is_trivially_copyable_v<T> T read_struct(std::span<const std::byte> bytes)
noexcept
{
  T value{};
  if (!bytes.empty())
    std::memcpy(static_cast<void*>(&value), bytes.data(), std::min(bytes.size(), sizeof(T)));
  return value;
}

/// An integer between host and network byte order; the conversion is its own inverse.
template <std::unsigned_integral T>
constexpr T network_order(T value) noexcept
{
  if constexpr (std::endian::native == std::endian::big || sizeof(T) == 1)
    return value;
  else if constexpr (sizeof(T) == 2)
    return __builtin_bswap16(value);
  else if constexpr (sizeof(T) == 4)
    return __builtin_bswap32(value);
  else
    return __builtin_bswap64(value);
}

namespace detail {

/// Goes through bytes that hold one record behind the other, each of them aligned and with a header in front
/// that says how long it is with the header: attributes and messages. Ends at a length that is impossible.
template <class View, class Header, auto Length>
class record_iterator {
public:
  using value_type = View;
  using reference = View;
  using difference_type = std::ptrdiff_t;
  using iterator_concept = std::forward_iterator_tag;
  using iterator_category = std::input_iterator_tag;

  record_iterator() noexcept = default;
  explicit record_iterator(std::span<const std::byte> rest) noexcept : rest_(rest) { settle(); }

  View operator*() const noexcept
  {
    return {header_, rest_.subspan(sizeof(Header), header_.*Length - sizeof(Header))};
  }
  record_iterator& operator++() noexcept
  {
    rest_ = rest_.subspan(std::min(aligned(header_.*Length), rest_.size()));
    settle();
    return *this;
  }
  record_iterator operator++(int) noexcept
  {
    auto before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const record_iterator& a, const record_iterator& b) noexcept
  {
    return a.rest_.size() == b.rest_.size();
  }

private:
  void settle() noexcept
  {
    if (rest_.size() >= sizeof(Header)) {
      std::memcpy(&header_, rest_.data(), sizeof header_);
      if (header_.*Length >= sizeof(Header) && header_.*Length <= rest_.size()) return;
    }
    rest_ = {};
  }

  std::span<const std::byte> rest_;
  Header header_{};
};

} // namespace detail

class attributes;

/// One attribute of a message: a type and its payload. A view; the bytes belong to the message.
///
/// Source: linux/netlink.h (struct nlattr), netlink(7).
class attribute {
public:
  attribute() noexcept = default;
  attribute(std::uint16_t raw_type, std::span<const std::byte> payload) noexcept
      : raw_type_(raw_type), payload_(payload)
  {}
  attribute(const nlattr& header, std::span<const std::byte> payload) noexcept
      : attribute(header.nla_type, payload)
  {}

  /// The type without the flags NLA_F_NESTED and NLA_F_NET_BYTEORDER.
  std::uint16_t type() const noexcept { return raw_type_ & 0x3fff; }
  std::uint16_t raw_type() const noexcept { return raw_type_; }
  std::span<const std::byte> payload() const noexcept { return payload_; }

  /// The payload as an integer in host order; nothing unless it has exactly that size.
  template <std::integral T>
  std::optional<T> as() const noexcept
  {
    if (payload_.size() != sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, payload_.data(), sizeof value);
    return value;
  }

  /// The payload as an integer that the kernel sends in network order (all of nf_tables does).
  template <std::unsigned_integral T>
  std::optional<T> as_be() const noexcept
  {
    const auto value = as<T>();
    return value ? std::optional<T>(network_order(*value)) : std::nullopt;
  }

  /// The payload as a structure, zero-extended or truncated as `read_struct` does.
  template <class T>
  T as_struct() const noexcept
  {
    return read_struct<T>(payload_);
  }

  /// The payload up to its first NUL; a string without a terminator is taken whole.
  std::string_view as_string() const noexcept
  {
    const auto* text = reinterpret_cast<const char*>(payload_.data());
    return {text, payload_.empty() ? 0 : ::strnlen(text, payload_.size())};
  }

  /// The attributes inside this one.
  attributes nested() const noexcept;

private:
  std::uint16_t raw_type_ = 0;
  std::span<const std::byte> payload_;
};

/// A range over the attributes in `bytes`, in the order in which they were sent.
///
/// Never reads outside `bytes`: at an attribute whose length is impossible the range ends, and what came
/// before it is still seen. Unknown types are passed through, for the reader to skip.
class attributes {
public:
  using iterator = detail::record_iterator<attribute, nlattr, &nlattr::nla_len>;

  attributes() noexcept = default;
  explicit attributes(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}

  iterator begin() const noexcept { return iterator(bytes_); }
  iterator end() const noexcept { return iterator(); }
  bool empty() const noexcept { return begin() == end(); }

  /// The last attribute of this type, as the kernel's own nla_parse takes it.
  std::optional<attribute> find(std::uint16_t type) const noexcept
  {
    std::optional<attribute> found;
    for (const attribute a : *this)
      if (a.type() == type) found = a;
    return found;
  }

  std::span<const std::byte> bytes() const noexcept { return bytes_; }

private:
  std::span<const std::byte> bytes_;
};

inline attributes attribute::nested() const noexcept
{
  return attributes(payload_);
}

} // namespace linx::netlink
