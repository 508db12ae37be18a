// One request and what comes back for it.
#pragma once

#include "core/waiter.hpp"
#include "netlink/extended_ack.hpp"

#include <linx/netlink/message_builder.hpp>
#include <linx/netlink/refusal.hpp>

#include <algorithm>
#include <deque>
#include <optional>
#include <vector>

namespace linx::netlink::detail {

class multiplexer;

// The part that the multiplexer knows: a run of sequence numbers of which the last one's final message
// (NLMSG_ERROR or NLMSG_DONE) ends the exchange. The kernel answers in the order of the requests, so nothing
// follows it.
//
// Lives in the frame of the coroutine that waits for it. Its destructor takes it out of the multiplexer: one
// that was not sent leaves nothing behind, one that was leaves a slot that swallows the late reply.
class exchange {
public:
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;

  bool is_done() const noexcept { return phase_ == phase::done; }
  bool is_sent() const noexcept { return phase_ == phase::sent; }
  bool is_idle() const noexcept { return phase_ == phase::idle; }

  // Why there is no reply; nothing if the kernel answered.
  const std::optional<error>& failure() const noexcept { return failure_; }

  // Whoever waits can go on: it is done, or a part of a dump can be handed out.
  virtual bool is_ready() const noexcept { return is_done(); }

  // Ends it without an answer of the kernel.
  void fail(error) noexcept;
  // Ends it with what was answered so far: no more will come.
  void end() noexcept;
  // Ends it although its answer will come, which is swallowed then.
  void abandon(error) noexcept;

  // The length of the longest part of the answer that did not fit into the reader's buffer, 0 if all did.
  std::size_t missed() const noexcept { return missed_; }

  // The coroutine that waits for the end, or for the next message of a dump.
  linx::detail::wait_list waiters;

  virtual std::span<const std::byte> request() const noexcept = 0;
  virtual std::uint32_t count() const noexcept { return 1; }
  virtual bool is_dump() const noexcept { return false; }
  // The kernel need not say that the last message is done with: what it has said by now is the answer.
  virtual bool may_stay_unanswered() const noexcept { return false; }
  // The room that the replies may take in the receive buffer, in the kernel's own counting.
  virtual std::size_t cost() const noexcept = 0;

protected:
  exchange() noexcept = default;
  virtual ~exchange();

  virtual void number(std::uint32_t first) noexcept = 0;
  // One message of the reply; `index` counts from the first of the run. True if whoever waits can go on
  // already.
  virtual bool deliver(const message_view&, std::uint32_t index) = 0;

  // A part of the answer, so long, did not fit into the reader's buffer.
  virtual void miss(std::size_t length) noexcept = 0;

  // For a reply that the kernel refused.
  void refuse(error e) noexcept { failure_.emplace(std::move(e)); }

  // For `miss`: the error at the end, unless the kernel refuses.
  void note_missed(std::size_t length) noexcept { missed_ = std::max(missed_, length); }

private:
  friend class multiplexer;
  enum class phase : std::uint8_t { idle, queued, sent, done };

  void finish() noexcept;

  multiplexer* owner_ = nullptr;
  exchange* previous_ = nullptr;
  exchange* next_ = nullptr;
  std::uint32_t first_ = 0;
  std::uint32_t datagram_ = 0; // the one that it was sent in
  phase phase_ = phase::idle;
  bool awaited_ = false;
  std::size_t missed_ = 0;
  std::optional<error> failure_;
};

// An skb of the kernel with a short acknowledgement in it is charged 832 bytes on 6.18; one with a sentence
// of extended ack no more.
inline constexpr std::size_t answer_cost = 1024;

// A request that ends with its acknowledgement; keeps the first message that comes before it if asked to.
class single_exchange final : public exchange {
public:
  enum class keep : std::uint8_t { nothing, reply };

  // `request` outlives the exchange.
  single_exchange(message_builder& request, keep what) noexcept : request_(request), keep_(what) {}

  std::span<const std::byte> request() const noexcept override { return request_.bytes(); }
  // A link with its statistics and VF list takes up to two pages.
  std::size_t cost() const noexcept override
  {
    return keep_ == keep::nothing ? answer_cost : 9 * answer_cost;
  }

  result<> outcome() const;
  result<message> take_reply();

private:
  void number(std::uint32_t first) noexcept override { request_.set_sequence(first); }
  bool deliver(const message_view&, std::uint32_t index) override;
  void miss(std::size_t length) noexcept override
  {
    if (keep_ == keep::reply && !reply_) note_missed(length);
  }

  message_builder& request_;
  keep keep_;
  std::optional<message> reply_;
};

// A dump: any number of messages, kept in blocks of whole messages until somebody takes them.
class dump_exchange final : public exchange {
public:
  // `incremental`: whoever waits is woken for each message, not for the end only.
  dump_exchange(message_builder request, bool incremental)
      : request_(std::move(request)), incremental_(incremental)
  {}

  std::span<const std::byte> request() const noexcept override { return request_.bytes(); }
  bool is_dump() const noexcept override { return true; }
  bool is_ready() const noexcept override { return is_done() || (incremental_ && has_block()); }
  std::size_t cost() const noexcept override { return 40 * answer_cost; } // one chunk of 32 KiB is ahead

  // The table changed while the kernel listed it (NLM_F_DUMP_INTR). The flag is on one message only, seldom
  // the last.
  bool is_interrupted() const noexcept { return interrupted_; }

  bool has_block() const noexcept { return !blocks_.empty(); }
  std::vector<std::byte> take_block();

private:
  void number(std::uint32_t first) noexcept override { request_.set_sequence(first); }
  bool deliver(const message_view&, std::uint32_t index) override;
  void miss(std::size_t length) noexcept override { note_missed(length); }

  message_builder request_;
  std::deque<std::vector<std::byte>> blocks_;
  bool incremental_;
  bool interrupted_ = false;
};

// Several messages in one datagram. Answers are kept by position.
class range_exchange final : public exchange {
public:
  // Whether the last message is acknowledged for certain and nobody asks for more, or the answer is whatever
  // the kernel has to say.
  enum class expects : std::uint8_t { acknowledgements, anything };

  // `encoded` holds `count` whole messages and outlives the exchange, as does `names` if there is one.
  range_exchange(std::span<std::byte> encoded, std::uint32_t count, const attribute_names* names,
                 expects expected = expects::acknowledgements) noexcept
      : encoded_(encoded), count_(count), expected_(expected), names_(names)
  {}

  std::span<const std::byte> request() const noexcept override { return encoded_; }
  std::uint32_t count() const noexcept override { return count_; }
  std::size_t cost() const noexcept override { return count_ * answer_cost; }
  bool may_stay_unanswered() const noexcept override { return expected_ == expects::anything; }

  // Positions that the kernel answered with success, where it was asked to.
  const std::vector<std::uint32_t>& accepted() const noexcept { return accepted_; }
  std::vector<refusal>& refusals() noexcept { return refusals_; }
  std::vector<message>& replies() noexcept { return replies_; }

private:
  void number(std::uint32_t first) noexcept override;
  bool deliver(const message_view&, std::uint32_t index) override;
  void miss(std::size_t length) noexcept override
  {
    if (expected_ == expects::anything) note_missed(length);
  }

  std::span<std::byte> encoded_;
  std::uint32_t count_;
  expects expected_;
  const attribute_names* names_;
  std::vector<std::uint32_t> accepted_;
  std::vector<refusal> refusals_;
  std::vector<message> replies_;
};

} // namespace linx::netlink::detail
