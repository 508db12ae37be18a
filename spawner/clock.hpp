/// The time, without the vDSO.
#pragma once

#include "syscall.hpp"

#include <linux/time.h>

namespace linx::spawner {

inline std::uint64_t now_ms() noexcept
{
  __kernel_timespec now{};
  sys::call(__NR_clock_gettime, CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000 + static_cast<std::uint64_t>(now.tv_nsec) / 1'000'000;
}

} // namespace linx::spawner
