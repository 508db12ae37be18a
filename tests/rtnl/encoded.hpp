// Encoded requests, as a test looks at them.
#pragma once

#include <linx/netlink/message.hpp>
#include <linx/netlink/message_builder.hpp>

#include <string>

namespace linx::test {

inline netlink::message_view view(const netlink::message_builder& m)
{
  return *netlink::messages(m.bytes()).begin();
}

inline std::string hex(std::span<const std::byte> bytes)
{
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const auto b : bytes) {
    text += digits[static_cast<std::size_t>(b) >> 4];
    text += digits[static_cast<std::size_t>(b) & 15];
  }
  return text;
}

} // namespace linx::test
