// How long work took, as a rate and as time of this thread's CPU.
#pragma once

#include <chrono>
#include <ctime>

namespace linx::bench {

template <class Work>
double rate_of(double operations, Work work)
{
  const auto began = std::chrono::steady_clock::now();
  work();
  return operations / std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

// CPU time of the calling thread: what the work takes from the program that embeds it.
inline std::chrono::nanoseconds thread_time()
{
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

} // namespace linx::bench
