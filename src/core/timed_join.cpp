#include <linx/core/detail/timed_join.hpp>

#include "core/pause_timer.hpp"

namespace linx::detail {

void timed_join::on_launched()
{
  if (!is_running()) return;
  pause_timer::made(timer_, get_executor())
      .start(limit_, [this, pending = reference(*this)](const error_code& failed) mutable {
        if (failed || !is_running()) return pending.release();
        fired_ = true;
        try {
          stop();
        } catch (...) {
          // The emission had no memory. The count goes back as a completion all the same, or the parent would
          // be lost.
          pending.release();
          throw;
        }
        pending.release();
      });
}

void timed_join::on_over() noexcept
{
  pause_timer::cancel(timer_);
}

} // namespace linx::detail
