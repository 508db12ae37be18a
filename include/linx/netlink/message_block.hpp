/// Many messages in one piece of memory.
#pragma once

#include <linx/netlink/message.hpp>

#include <utility>

namespace linx::netlink {

/// Whole messages, one after the other, as they were received; for readers that decode without a copy of
/// each.
class message_block {
public:
  message_block() = default;
  explicit message_block(std::vector<std::byte> bytes) noexcept : bytes_(std::move(bytes)) {}

  /// Views into the block, which must outlive them.
  messages::iterator begin() const noexcept { return messages(bytes_).begin(); }
  messages::iterator end() const noexcept { return {}; }
  std::span<const std::byte> bytes() const noexcept { return bytes_; }

private:
  std::vector<std::byte> bytes_;
};

} // namespace linx::netlink
