/// System calls without a library: the kernel's own return value, -errno for a failure.
#pragma once

#include <cstddef>
#include <cstdint>

#include <asm/poll.h>
#include <asm/unistd.h>
#include <linux/time_types.h>

#if defined(__x86_64__)
#include "arch/x86_64.hpp"
#else
#error "linx-spawner knows no system calls of this architecture yet: add spawner/arch/<name>.{hpp,cpp}"
#endif

namespace linx::spawner::sys {

inline long word(long value) noexcept
{
  return value;
}
inline long word(unsigned long value) noexcept
{
  return static_cast<long>(value);
}
inline long word(int value) noexcept
{
  return value;
}
inline long word(unsigned value) noexcept
{
  return static_cast<long>(value);
}
inline long word(const void* value) noexcept
{
  return reinterpret_cast<long>(value);
}
inline long word(std::nullptr_t) noexcept
{
  return 0;
}

/// call(__NR_close, fd): arguments of any integer or pointer type.
template <class... Arguments>
long call(long number, Arguments... arguments) noexcept
{
  static_assert(sizeof...(Arguments) <= 6);
  const long words[7] = {word(arguments)..., 0};
  return raw_call(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}

/// 0 for a success of any value, else the errno.
constexpr int error_of(long result) noexcept
{
  return result < 0 ? static_cast<int>(-result) : 0;
}

inline constexpr long for_ever = -1;

/// poll(2). ppoll(2) is the one that every architecture has; it leaves in its timeout what remains of it.
inline long poll(pollfd* set, unsigned count, long milliseconds) noexcept
{
  __kernel_timespec timeout{milliseconds / 1000, milliseconds % 1000 * 1'000'000};
  return call(__NR_ppoll, set, count, milliseconds < 0 ? nullptr : &timeout, nullptr, 0);
}

/// Not by poll(2), as it may be that which has failed.
inline void sleep_us(long microseconds) noexcept
{
  const __kernel_timespec time{0, microseconds * 1000};
  call(__NR_nanosleep, &time, nullptr);
}

[[noreturn]] inline void exit(int status) noexcept
{
  call(__NR_exit_group, status);
  __builtin_trap(); // only under a seccomp filter that forbids to exit
}

} // namespace linx::spawner::sys
