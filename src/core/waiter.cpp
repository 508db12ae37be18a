#include "core/waiter.hpp"

#include "core/fairness.hpp"

#include <utility>

namespace linx::detail {

void wait_list::append(waiter& w) noexcept
{
  w.previous_ = last_;
  w.next_ = nullptr;
  (last_ ? last_->next_ : first_) = &w;
  last_ = &w;
  w.linked_ = true;
  turn_over();
}

void wait_list::remove(waiter& w) noexcept
{
  if (!std::exchange(w.linked_, false)) return;
  (w.previous_ ? w.previous_->next_ : first_) = w.next_;
  (w.next_ ? w.next_->previous_ : last_) = w.previous_;
}

void wait_list::wake_one() noexcept
{
  if (first_) first_->wake(wake_reason::woken);
}

void wait_list::wake_all() noexcept
{
  while (first_) first_->wake(wake_reason::woken);
}

void wait_list::drop() noexcept
{
  while (first_) {
    waiter& w = *first_;
    remove(w);
    const bool last = empty();
    // The handler owns the frame that w lives in: it must be out of w when it is destroyed. This list may
    // live in that frame too.
    const parked_handler handler(std::move(w.handler_));
    if (last) return;
  }
}

void waiter::wake(wake_reason reason) noexcept
{
  if (!linked_) return; // already on its way
  list_.remove(*this);
  reason_ = reason;
  try {
    handler_.post();
  } catch (...) { // NOLINT(bugprone-empty-catch): nobody is left to tell
    // No memory for the post: Asio has destroyed the handler, which ends the coroutine as the end of the
    // context would.
  }
}

} // namespace linx::detail
