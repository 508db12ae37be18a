#include "netlink/exchange.hpp"

#include "netlink/multiplexer.hpp"

namespace linx::netlink::detail {

namespace {

// The first datagram of a dump holds at most 3.7 KiB, later ones up to 32 KiB (netlink_dump() in the kernel).
constexpr std::size_t first_block = 4 * 1024;
constexpr std::size_t later_block = 64 * 1024;

std::span<const std::byte> message_at(std::span<const std::byte> encoded, std::uint32_t index) noexcept
{
  while (encoded.size() >= sizeof(nlmsghdr)) {
    const auto length = read_struct<nlmsghdr>(encoded).nlmsg_len;
    if (length < sizeof(nlmsghdr) || length > encoded.size()) break;
    if (index-- == 0) return encoded.first(length);
    encoded = encoded.subspan(std::min(aligned(length), encoded.size()));
  }
  return {};
}

} // namespace

exchange::~exchange()
{
  if (owner_) owner_->forget(*this);
}

void exchange::fail(error e) noexcept
{
  failure_.emplace(std::move(e));
  end();
}

void exchange::end() noexcept
{
  if (owner_) owner_->withdraw(*this);
  finish();
}

void exchange::abandon(error e) noexcept
{
  if (owner_) owner_->forget(*this);
  failure_.emplace(std::move(e));
  finish();
}

void exchange::finish() noexcept
{
  phase_ = phase::done;
  waiters.wake_one();
}

bool single_exchange::deliver(const message_view& m, std::uint32_t)
{
  if (!is_final(m)) {
    if (keep_ == keep::reply && !reply_) reply_.emplace(m);
    return false;
  }
  const answer read = read_answer(m);
  if (read.errnum != 0) refuse(to_error(read, request_.bytes(), request_.names()));
  return false;
}

result<> single_exchange::outcome() const
{
  if (failure()) return *failure();
  return success();
}

result<message> single_exchange::take_reply()
{
  if (failure()) return *failure();
  if (!reply_)
    return error(errc::protocol, stage::receive)
        .with_object("the kernel acknowledged the request without a reply");
  return std::move(*reply_);
}

bool dump_exchange::deliver(const message_view& m, std::uint32_t)
{
  interrupted_ = interrupted_ || (m.flags() & NLM_F_DUMP_INTR) != 0;
  if (is_final(m)) {
    const answer read = read_answer(m);
    if (read.errnum != 0) refuse(to_error(read, request_.bytes(), request_.names()));
    return false;
  }
  const std::size_t length = sizeof(nlmsghdr) + m.body().size();
  if (blocks_.empty() || blocks_.back().capacity() - blocks_.back().size() < aligned(length)) {
    auto& block = blocks_.emplace_back();
    block.reserve(std::max(aligned(length), blocks_.size() == 1 ? first_block : later_block));
  }
  auto& block = blocks_.back();
  const std::size_t at = block.size();
  block.resize(at + aligned(length));
  std::memcpy(block.data() + at, &m.header(), sizeof(nlmsghdr));
  if (!m.body().empty()) std::memcpy(block.data() + at + sizeof(nlmsghdr), m.body().data(), m.body().size());
  return incremental_;
}

std::vector<std::byte> dump_exchange::take_block()
{
  auto block = std::move(blocks_.front());
  blocks_.pop_front();
  return block;
}

void range_exchange::number(std::uint32_t first) noexcept
{
  auto rest = encoded_;
  for (std::uint32_t i = 0; i < count_; ++i) {
    const auto length = read_struct<nlmsghdr>(rest).nlmsg_len;
    const std::uint32_t sequence = first + i;
    std::memcpy(rest.data() + offsetof(nlmsghdr, nlmsg_seq), &sequence, sizeof sequence);
    rest = rest.subspan(std::min(aligned(length), rest.size()));
  }
}

bool range_exchange::deliver(const message_view& m, std::uint32_t index)
{
  if (!is_final(m)) {
    replies_.emplace_back(m);
    return false;
  }
  const answer read = read_answer(m);
  if (read.errnum == 0)
    accepted_.push_back(index);
  else
    refusals_.emplace_back(index, to_error(read, message_at(encoded_, index), names_));
  return false;
}

} // namespace linx::netlink::detail
