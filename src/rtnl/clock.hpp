// Times in the ticks that the kernel tells user space of.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

namespace linx::rtnl {

// USER_HZ is 100 on every architecture that linx runs on (time(7)).
constexpr std::int64_t ms_per_tick = 10;

constexpr std::chrono::milliseconds from_ticks(std::uint64_t ticks) noexcept
{
  // a number that no clock reaches is the kernel's, and must not overflow here
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max() / ms_per_tick;
  return std::chrono::milliseconds(static_cast<std::int64_t>(ticks < most ? ticks : most) * ms_per_tick);
}

constexpr std::uint32_t to_ticks(std::chrono::milliseconds time) noexcept
{
  const auto ticks = time.count() < 0 ? 0 : time.count() / ms_per_tick;
  constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(ticks < most ? ticks : most);
}

} // namespace linx::rtnl
