#include "netlink/multiplexer.hpp"

#include "core/with_words.hpp"

#include <cerrno>
#include <new>
#include <string>
#include <utility>

namespace linx::netlink::detail {

using linx::detail::with_words;

namespace {

error truncated_answer(std::size_t length) noexcept
{
  return with_words(error(errc::truncated, stage::receive), [length] {
    return "a part of the answer has " + std::to_string(length) +
           " bytes, more than the buffer that it was read into";
  });
}

} // namespace

multiplexer::multiplexer(std::size_t window, std::uint32_t first_sequence)
    : window_(window), next_sequence_(first_sequence)
{}

multiplexer::~multiplexer()
{
  for (auto* l : {&queued_, &sent_})
    for (auto* x = l->first; x; x = x->next_) x->owner_ = nullptr;
}

void multiplexer::list::append(exchange& x) noexcept
{
  x.previous_ = last;
  x.next_ = nullptr;
  (last ? last->next_ : first) = &x;
  last = &x;
}

void multiplexer::list::remove(exchange& x) noexcept
{
  (x.previous_ ? x.previous_->next_ : first) = x.next_;
  (x.next_ ? x.next_->previous_ : last) = x.previous_;
  x.previous_ = x.next_ = nullptr;
}

bool multiplexer::may_send(const exchange& x) const noexcept
{
  if (x.is_dump() && table_.has_dump()) return false;
  // one alone may be larger than the window: there is nothing to wait for
  return in_flight_ == 0 || in_flight_ + x.cost() <= window_;
}

std::uint32_t multiplexer::reserve(std::uint32_t count) noexcept
{
  // 0 is what the kernel's own notifications carry
  while (next_sequence_ == 0 || next_sequence_ + (count - 1) < next_sequence_ ||
         !table_.is_free(next_sequence_, count))
    ++next_sequence_;
  return std::exchange(next_sequence_, next_sequence_ + count);
}

void multiplexer::admit_into_datagram(exchange& x)
{
  const auto first = reserve(x.count());
  pending_table::entry e;
  e.first = first;
  e.count = x.count();
  e.cost = x.cost();
  e.waiting = &x;
  e.datagram = datagram_;
  e.dump = x.is_dump();
  table_.insert(e);
  if (x.phase_ == exchange::phase::queued) queued_.remove(x);
  sent_.append(x);
  in_flight_ += e.cost;
  x.owner_ = this;
  x.first_ = first;
  x.datagram_ = datagram_;
  x.phase_ = exchange::phase::sent;
  x.number(first);
}

void multiplexer::enqueue(exchange& x)
{
  queued_.append(x);
  x.owner_ = this;
  x.phase_ = exchange::phase::queued;
}

bool multiplexer::has_sendable() const noexcept
{
  for (const auto* x = queued_.first; x; x = x->next_) {
    if (may_send(*x)) return true;
    if (!(x->is_dump() && table_.has_dump())) return false;
  }
  return false;
}

void multiplexer::collect(std::size_t limit, std::vector<std::byte>& datagram) noexcept
{
  ++datagram_;
  for (auto* x = queued_.first; x;) {
    auto& candidate = *x;
    if (!may_send(candidate)) {
      // a dump waits for the one before it, and lets others pass meanwhile
      if (!candidate.is_dump() || !table_.has_dump()) return;
      x = candidate.next_;
      continue;
    }
    if (!datagram.empty() && datagram.size() + candidate.request().size() > limit) return;
    auto* const next = candidate.next_;
    try {
      // room first: once admitted, a request must get into the datagram
      datagram.reserve(datagram.size() + candidate.request().size());
      admit_into_datagram(candidate);
    } catch (const std::bad_alloc&) {
      candidate.fail(error::from_errno(ENOMEM, stage::send));
      x = queued_.first; // whatever went with its frame
      continue;
    }
    const auto bytes = candidate.request();
    datagram.insert(datagram.end(), bytes.begin(), bytes.end());
    x = next;
  }
}

void multiplexer::fail_collected(const error& why) noexcept
{
  while (sent_.last && sent_.last->datagram_ == datagram_) sent_.last->fail(why);
}

void multiplexer::receive(std::span<const std::byte> datagram, std::uint32_t sender_port) noexcept
{
  if (sender_port != 0) {
    ++ignored_;
    return;
  }
  for (const message_view m : messages(datagram)) route(m);
}

pending_table::entry* multiplexer::entry_of(const nlmsghdr& header) noexcept
{
  auto* e = port_ == 0 || header.nlmsg_pid == port_ ? table_.find(header.nlmsg_seq) : nullptr;
  if (!e) ++ignored_;
  return e;
}

void multiplexer::receive_cut(std::span<const std::byte> front, std::size_t length) noexcept
{
  auto header = read_struct<nlmsghdr>(front);
  if (header.nlmsg_type == NLMSG_ERROR && front.size() >= sizeof(nlmsghdr) + sizeof(nlmsgerr)) {
    // What is missing is the request that kernels before 4.3 send back, not what they think of it.
    header.nlmsg_flags &= static_cast<std::uint16_t>(~NLM_F_ACK_TLVS);
    return route({header, front.subspan(sizeof(nlmsghdr), sizeof(nlmsgerr))});
  }
  auto* e = entry_of(header);
  if (!e) return;
  e->begun = false; // its end may have been in there: an empty socket means that no more comes
  if (e->waiting) e->waiting->miss(length);
}

void multiplexer::route(const message_view& m) noexcept
{
  auto* e = entry_of(m.header());
  if (!e) return;
  const std::uint32_t index = m.sequence() - e->first;
  const bool final = is_final(m);
  e->begun = true;
  if (final && m.type() == NLMSG_ERROR && read_struct<std::int32_t>(m.body()) < 0)
    refused_[next_refused_++ % refused_.size()] = {e->datagram, read_answer(m).errnum};
  auto* x = e->waiting;
  bool wake = false;
  if (x) {
    try {
      wake = x->deliver(m, index);
    } catch (const std::bad_alloc&) {
      // the reply cannot be kept; the rest of it is swallowed, so that it meets nobody else
      e->waiting = nullptr;
      x->refuse(error::from_errno(ENOMEM, stage::receive));
      release(*x);
      if (final && index + 1 == e->count) {
        in_flight_ -= e->cost;
        table_.erase(*e);
      }
      return x->finish();
    }
  }
  if (final && index + 1 == e->count) {
    in_flight_ -= e->cost;
    table_.erase(*e);
    if (!x) return;
    release(*x);
    if (x->missed_ != 0 && !x->failure_) x->refuse(truncated_answer(x->missed_));
    x->finish();
  } else if (x && wake) {
    unawait(*x);
    x->waiters.wake_one();
  }
}

error multiplexer::unanswered(std::uint32_t datagram) const noexcept
{
  for (const auto& each : refused_)
    if (each.errnum != 0 && each.datagram == datagram)
      return with_words(error::from_errno(each.errnum, stage::kernel), [] {
        return "said to an earlier request that was sent with this one, which has no answer";
      });
  return with_words(error(errc::protocol, stage::receive),
                    [] { return "the kernel has read the request and not answered"; });
}

void multiplexer::settle(bool all) noexcept
{
  if (!sent_.first && table_.size() == 0) return;
  const auto is_settled = [&](const exchange& x) {
    if (x.may_stay_unanswered()) return true;
    if (!x.is_dump()) return all;
    const auto* e = table_.find(x.first_);
    return (all || x.missed_ != 0) && (!e || !e->begun);
  };
  // From the front each time: whoever is woken may take others along, where a frame is destroyed.
  for (auto* x = sent_.first; x;) {
    if (!is_settled(*x)) {
      x = x->next_;
      continue;
    }
    if (x->missed_ != 0)
      x->fail(truncated_answer(x->missed_));
    else if (x->may_stay_unanswered())
      x->end();
    else
      x->fail(unanswered(x->datagram_));
    x = sent_.first;
  }
  if (all) in_flight_ = table_.keep_begun_dump();
}

void multiplexer::await(exchange& x) noexcept
{
  if (x.owner_ && !x.awaited_) {
    x.awaited_ = true;
    ++awaited_;
  }
}

void multiplexer::unawait(exchange& x) noexcept
{
  if (std::exchange(x.awaited_, false)) --awaited_;
}

void multiplexer::release(exchange& x) noexcept
{
  unawait(x);
  (x.phase_ == exchange::phase::queued ? queued_ : sent_).remove(x);
  x.owner_ = nullptr;
}

void multiplexer::forget(exchange& x) noexcept
{
  if (x.phase_ == exchange::phase::sent) {
    // Its answer holds back nobody: should it never come, an overrun of the others is the lesser evil.
    // There is no entry when `drop()` destroys the frame of one exchange and with it that of another.
    if (auto* e = table_.find(x.first_)) {
      e->waiting = nullptr;
      in_flight_ -= std::exchange(e->cost, 0);
    }
  }
  release(x);
}

void multiplexer::withdraw(exchange& x) noexcept
{
  if (x.phase_ == exchange::phase::sent) {
    if (auto* e = table_.find(x.first_)) {
      in_flight_ -= e->cost;
      table_.erase(*e);
    }
  }
  release(x);
}

void multiplexer::fail_sent(const error& why) noexcept
{
  table_.clear();
  in_flight_ = 0;
  while (auto* x = sent_.first) {
    release(*x);
    x->refuse(why);
    x->finish();
  }
}

void multiplexer::fail_all(const error& why) noexcept
{
  fail_sent(why);
  while (auto* x = queued_.first) {
    release(*x);
    x->refuse(why);
    x->finish();
  }
}

void multiplexer::drop() noexcept
{
  table_.clear();
  in_flight_ = 0;
  // Dropping a handler destroys the frame that the exchange lives in, and maybe others with it.
  for (auto* l : {&queued_, &sent_}) {
    while (auto* x = l->first) {
      release(*x);
      x->phase_ = exchange::phase::done;
      x->waiters.drop();
    }
  }
}

} // namespace linx::netlink::detail
