// The clock of traffic control: a tick is 64 ns since Linux 2.6.31 (PSCHED_SHIFT in net/pkt_sched.h of the
// kernel, and the second number of /proc/net/psched).
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace linx::rtnl {

__extension__ typedef unsigned __int128 wide_product; // ticks times a 64-bit rate

inline constexpr std::uint64_t nanoseconds_of_tick = 64;
inline constexpr std::uint64_t nanoseconds_of_second = 1'000'000'000;

/// Ticks that `bytes` take at `rate`, as the u32 of the kernel's structures.
inline std::uint32_t ticks_of(std::uint64_t bytes, std::uint64_t rate) noexcept
{
  if (rate == 0) return 0;
  const auto ticks = static_cast<wide_product>(bytes) * nanoseconds_of_second / rate / nanoseconds_of_tick;
  return static_cast<std::uint32_t>(std::min<wide_product>(ticks, std::numeric_limits<std::uint32_t>::max()));
}

/// Bytes that pass in `ticks` at `rate`, rounded to the nearest: a burst of few bytes reads back as it was
/// written.
inline std::uint32_t bytes_in(std::uint32_t ticks, std::uint64_t rate) noexcept
{
  const auto scaled = static_cast<wide_product>(ticks) * nanoseconds_of_tick * rate;
  const auto bytes = (scaled + nanoseconds_of_second / 2) / nanoseconds_of_second;
  return static_cast<std::uint32_t>(std::min<wide_product>(bytes, std::numeric_limits<std::uint32_t>::max()));
}

} // namespace linx::rtnl
