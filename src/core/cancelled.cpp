#include "core/cancelled.hpp"

#include <linx/core/is_cancelled.hpp>

namespace linx {

asio::awaitable<bool> is_cancelled()
{
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  co_return detail::is_cancelled(state);
}

} // namespace linx
