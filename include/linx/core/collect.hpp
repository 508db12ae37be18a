/// A stream as a vector.
#pragma once

#include <linx/core/stream.hpp>

#include <vector>

namespace linx {

/// Reads a stream to its end: `co_await collect(kernel.routes())`. For what ends by itself, and fits into
/// memory.
///
/// Errors: the stream's; what was read before it is lost.
/// Cancellation: likewise.
template <class T>
task<std::vector<T>> collect(stream<T> values)
{
  std::vector<T> all;
  for (;;) {
    LINX_TRY(auto next, co_await values.next());
    if (!next) break;
    all.push_back(std::move(*next));
  }
  co_return std::move(all);
}

} // namespace linx
