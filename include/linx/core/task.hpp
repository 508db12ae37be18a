/// The coroutine type of every operation that has a protocol.
#pragma once

#include <linx/core/result.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#if defined(__GNUC__) && !defined(__clang__)
// At -O2 g++ 12 inlines the operator new of Asio's coroutine frames but not their operator delete, and warns
// that the two do not match. It does so where the coroutine stands, in the program, so the warning cannot be
// switched off for a header alone.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace linx {

using executor = asio::any_io_executor;

/// A lazy, single-shot operation: it starts when it is awaited and completes exactly once, with its value,
/// its error, or `errc::cancelled`. It never throws for an I/O failure. Start a root with `linx::spawn`.
template <class T = void>
using task = asio::awaitable<result<T>>;

} // namespace linx
