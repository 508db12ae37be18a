#include "netfilter/userdata.hpp"

namespace linx::netfilter::detail {

void userdata::put_string(std::uint8_t type, std::string_view text)
{
  bytes_.push_back(static_cast<std::byte>(type));
  bytes_.push_back(static_cast<std::byte>(text.size() + 1));
  const auto characters = std::as_bytes(std::span(text));
  bytes_.insert(bytes_.end(), characters.begin(), characters.end());
  bytes_.push_back(std::byte{});
}

void userdata::put_u32(std::uint8_t type, std::uint32_t value)
{
  bytes_.push_back(static_cast<std::byte>(type));
  bytes_.push_back(static_cast<std::byte>(sizeof value));
  const auto raw = std::as_bytes(std::span(&value, 1));
  bytes_.insert(bytes_.end(), raw.begin(), raw.end());
}

std::string find_text(std::span<const std::byte> rest, std::uint8_t type)
{
  while (rest.size() >= 2) {
    const auto found = std::to_integer<std::uint8_t>(rest[0]);
    const auto length = std::to_integer<std::size_t>(rest[1]);
    rest = rest.subspan(2);
    if (length > rest.size()) break;
    if (found == type) {
      const std::string_view text(reinterpret_cast<const char*>(rest.data()), length);
      return std::string(text.substr(0, text.find('\0')));
    }
    rest = rest.subspan(length);
  }
  return {};
}

} // namespace linx::netfilter::detail
