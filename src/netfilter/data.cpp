#include <linx/netfilter/data.hpp>

#include <algorithm>
#include <bit>
#include <cstring>

namespace linx::netfilter {

data::data(std::span<const std::byte> bytes) noexcept
    : size_(static_cast<std::uint8_t>(std::min(bytes.size(), max_size)))
{
  std::copy_n(bytes.begin(), size_, bytes_.begin());
}

data data::network(std::uint64_t value, std::size_t bytes) noexcept
{
  data d = zeros(bytes);
  for (std::size_t i = d.size(); i-- > 0; value >>= 8) d.bytes_[i] = static_cast<std::byte>(value & 0xff);
  return d;
}

data data::host32(std::uint32_t value) noexcept
{
  return data(std::as_bytes(std::span(&value, 1)));
}

data data::text(std::string_view characters, std::size_t padded_to) noexcept
{
  data d = zeros(std::max(characters.size(), padded_to));
  std::memcpy(d.bytes_.data(), characters.data(), std::min(characters.size(), max_size));
  return d;
}

data data::zeros(std::size_t size) noexcept
{
  data d;
  d.size_ = static_cast<std::uint8_t>(std::min(size, max_size));
  return d;
}

std::uint64_t data::as_network() const noexcept
{
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(size_, sizeof value); ++i)
    value = value << 8 | std::to_integer<std::uint64_t>(bytes_[i]);
  return value;
}

std::uint64_t data::as_host() const noexcept
{
  std::uint64_t value = 0;
  const std::size_t size = std::min<std::size_t>(size_, sizeof value);
  if constexpr (std::endian::native == std::endian::little) {
    for (std::size_t i = size; i-- > 0;) value = value << 8 | std::to_integer<std::uint64_t>(bytes_[i]);
  } else {
    for (std::size_t i = 0; i < size; ++i) value = value << 8 | std::to_integer<std::uint64_t>(bytes_[i]);
  }
  return value;
}

bool data::is_zero() const noexcept
{
  return std::ranges::all_of(bytes(), [](std::byte b) { return b == std::byte{}; });
}

bool operator==(const data& a, const data& b) noexcept
{
  return std::ranges::equal(a.bytes(), b.bytes());
}

} // namespace linx::netfilter
