#include <linx/core/detail/timed_join.hpp>

namespace linx::detail {

void timed_join::on_launched()
{
  if (!is_running()) return;
  timer_.emplace(get_executor());
  timer_->expires_after(limit_);
  timer_->async_wait([this, pending = reference(*this)](const error_code& failed) mutable {
    if (failed || !is_running()) return pending.release();
    fired_ = true;
    try {
      stop();
    } catch (...) {
      // The emission had no memory. The count goes back as a completion all the same, or the parent would be
      // lost.
      pending.release();
      throw;
    }
    pending.release();
  });
}

void timed_join::on_over() noexcept
{
  if (timer_) timer_->cancel(); // of a timer that never fails
}

} // namespace linx::detail
