#include "placement.hpp"

#include <cerrno>
#include <system_error>

namespace linx::bench {

one_cpu::one_cpu()
{
  if (::sched_getaffinity(0, sizeof before_, &before_) != 0) {
    throw std::system_error(errno, std::system_category(), "sched_getaffinity");
  }
  // The last one: the first takes most of a machine's interrupts.
  int cpu = CPU_SETSIZE - 1;
  while (cpu > 0 && !CPU_ISSET(cpu, &before_)) --cpu;
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(cpu, &only);
  if (::sched_setaffinity(0, sizeof only, &only) != 0) {
    throw std::system_error(errno, std::system_category(), "sched_setaffinity");
  }
}

one_cpu::~one_cpu()
{
  ::sched_setaffinity(0, sizeof before_, &before_);
}

} // namespace linx::bench
