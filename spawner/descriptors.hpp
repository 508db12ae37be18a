/// Closing many descriptors.
#pragma once

#include "syscall.hpp"

namespace linx::spawner {

inline constexpr unsigned last_descriptor = ~0u;

/// Closes first..last. close_range(2) is 5.9 and some container profiles forbid it; then no descriptor above
/// `highest` may be open.
inline void close_between(unsigned first, unsigned last, unsigned highest = 4096) noexcept
{
  if (first > last || sys::call(__NR_close_range, first, last, 0) == 0) return;
  for (unsigned fd = first; fd <= last && fd <= highest; ++fd) sys::call(__NR_close, fd);
}

} // namespace linx::spawner
