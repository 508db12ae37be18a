#include "netlink/multiplexer.hpp"

#include <cerrno>
#include <new>
#include <utility>

namespace linx::netlink::detail {

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

void multiplexer::admit(exchange& x)
{
  const auto first = reserve(x.count());
  pending_table::entry e;
  e.first = first;
  e.count = x.count();
  e.cost = x.cost();
  e.waiting = &x;
  e.dump = x.is_dump();
  table_.insert(e);
  if (x.phase_ == exchange::phase::queued) queued_.remove(x);
  sent_.append(x);
  in_flight_ += e.cost;
  x.owner_ = this;
  x.first_ = first;
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

void multiplexer::collect(std::size_t limit, std::vector<std::byte>& datagram, std::vector<exchange*>& sent)
{
  for (auto* x = queued_.first; x;) {
    auto& candidate = *std::exchange(x, x->next_);
    if (!may_send(candidate)) {
      // a dump waits for the one before it, and lets others pass meanwhile
      if (candidate.is_dump() && table_.has_dump()) continue;
      return;
    }
    if (!datagram.empty() && datagram.size() + candidate.request().size() > limit) return;
    // room first: once admitted, a request must get into the datagram
    if (sent.size() == sent.capacity()) sent.reserve(2 * sent.size() + 16);
    datagram.reserve(datagram.size() + candidate.request().size());
    admit(candidate);
    const auto bytes = candidate.request();
    datagram.insert(datagram.end(), bytes.begin(), bytes.end());
    sent.push_back(&candidate);
  }
}

void multiplexer::receive(std::span<const std::byte> datagram, std::uint32_t sender_port)
{
  if (sender_port != 0) {
    ++ignored_;
    return;
  }
  for (const message_view m : messages(datagram)) route(m);
}

void multiplexer::route(const message_view& m)
{
  auto* e = table_.find(m.sequence());
  if (!e) {
    ++ignored_;
    return;
  }
  const std::uint32_t index = m.sequence() - e->first;
  auto* x = e->waiting;
  bool wake = false;
  if (x) {
    try {
      wake = x->deliver(m, index);
    } catch (const std::bad_alloc&) {
      // the reply cannot be kept; the rest of it is swallowed, so that it meets nobody else
      e->waiting = nullptr;
      release(*x);
      x->refuse(error::from_errno(ENOMEM, stage::receive));
      x->finish();
      x = nullptr;
    }
  }
  if (is_final(m) && index + 1 == e->count) {
    in_flight_ -= e->cost;
    table_.erase(*e);
    if (x) {
      release(*x);
      x->finish();
    }
  } else if (x && wake) {
    unawait(*x);
    x->waiters.wake_one();
  }
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
