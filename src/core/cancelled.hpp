/// Whether a coroutine has been told to stop.
#pragma once

#include <linx/core/config.hpp>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>

namespace linx::detail {

/// Tests what `co_await asio::this_coro::cancellation_state` yields; costs 2 to 5 ns. Name that value first:
/// g++ 12.2 miscompiles a `co_await` inside the condition of an `if`.
///
/// Under a plain `co_spawn` root each emission overwrites the recorded bits, so a total that follows a
/// terminal erases it: an operation that waits must also remember the cancel it saw (`waiter` does).
inline bool is_cancelled(const asio::cancellation_state& state) noexcept
{
  return state.cancelled() != asio::cancellation_type::none;
}

} // namespace linx::detail
