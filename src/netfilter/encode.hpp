// A batch to netlink messages.
#pragma once

#include <linx/core/result.hpp>
#include <linx/netfilter/batch.hpp>
#include <linx/netlink/message_builder.hpp>

#include <optional>
#include <vector>

namespace linx::netfilter::detail {

/// The messages of one transaction, BATCH_BEGIN and BATCH_END included, and which command each of them is of.
class encoded_batch {
public:
  /// Of BATCH_BEGIN and BATCH_END.
  static constexpr std::size_t no_command = static_cast<std::size_t>(-1);

  void add(netlink::message_builder message, std::size_t command)
  {
    messages_.push_back(std::move(message));
    commands_.push_back(command);
  }

  std::vector<netlink::message_builder>& messages() noexcept { return messages_; }
  const std::vector<netlink::message_builder>& messages() const noexcept { return messages_; }
  /// `no_command` for a position that is none.
  std::size_t command_of(std::size_t message) const noexcept
  {
    return message < commands_.size() ? commands_[message] : no_command;
  }

private:
  std::vector<netlink::message_builder> messages_;
  std::vector<std::size_t> commands_;
};

/// Encodes the batch; with a generation the kernel commits it only if that is still the ruleset's
/// (linux 4.12).
///
/// A command that cannot be encoded is an error of `stage::argument` with the command in it.
result<encoded_batch> encode(const batch&, std::optional<std::uint32_t> generation);

/// The message type of an nf_tables request.
std::uint16_t message_type(std::uint8_t request) noexcept;

} // namespace linx::netfilter::detail
