/// Asking whether one has been told to stop.
#pragma once

#include <linx/core/config.hpp>

#include <boost/asio/awaitable.hpp>

namespace linx {

/// `co_await linx::is_cancelled()`: whether the task that asks has been cancelled. For long computations, and
/// between operations that are not linx's.
///
/// Executor: any; it does not suspend.
///
/// Cancellation: under `linx::spawn` it answers. Under a plain `co_spawn` it throws instead, as each
/// `co_await` does there after a cancel.
LINX_API asio::awaitable<bool> is_cancelled();

} // namespace linx
