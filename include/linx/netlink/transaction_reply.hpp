/// What came back for several messages that were sent as one.
#pragma once

#include <linx/netlink/message.hpp>
#include <linx/netlink/refusal.hpp>

#include <utility>
#include <vector>

namespace linx::netlink {

/// The answers to one `connection::transact`.
class transaction_reply {
public:
  transaction_reply() = default;
  transaction_reply(std::vector<refusal> refusals, std::vector<message> replies, bool acknowledged) noexcept
      : refusals_(std::move(refusals)), replies_(std::move(replies)), acknowledged_(acknowledged)
  {}

  /// The messages that the kernel refused, by position in the batch: 0 is the first, NFNL_MSG_BATCH_BEGIN
  /// included.
  const std::vector<refusal>& refusals() const noexcept { return refusals_; }
  /// All else that it sent back, NLM_F_ECHO for instance; `sequence()` minus that of the first message is a
  /// position.
  const std::vector<message>& replies() const noexcept { return replies_; }
  /// Whether the last message was answered with success. Kernels before 6.10 do not acknowledge
  /// NFNL_MSG_BATCH_END: there a batch without refusals has been committed all the same.
  bool acknowledged() const noexcept { return acknowledged_; }

private:
  std::vector<refusal> refusals_;
  std::vector<message> replies_;
  bool acknowledged_ = false;
};

} // namespace linx::netlink
