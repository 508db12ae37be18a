/// How long a coroutine may keep its thread by completing immediately.
#pragma once

#include <linx/core/config.hpp>

namespace linx::detail {

/// Counts one operation that completed without suspending. True after 64 of them or 200 us on this thread:
/// then
///
///     if (detail::yield_due()) {
///       co_await asio::post(asio::deferred);
///       const auto cancel = co_await asio::this_coro::cancellation_state;
///       if (detail::is_cancelled(cancel)) co_return errc::cancelled;
///     }
///
/// Counted for the thread and not for the handle: a loop over N handles would otherwise get N times as much.
/// Costs 20 to 25 ns, nearly all of it the clock.
LINX_API bool yield_due() noexcept;

/// Says that the coroutine suspends: others run now, and the count begins anew. `waiter` does it; after
/// another wait of more than 200 us a single spurious yield is all that comes of not doing it.
void turn_over() noexcept;

} // namespace linx::detail
