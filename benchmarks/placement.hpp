// Which CPUs this thread, and every child started from now on, may run on.
#pragma once

#include <sched.h>

namespace linx::bench {

// While it lives the thread is bound to one CPU: where a scheduler puts two processes that wake each other
// moves a spawn by more than any protocol does.
class one_cpu {
public:
  one_cpu();
  ~one_cpu();
  one_cpu(const one_cpu&) = delete;
  one_cpu& operator=(const one_cpu&) = delete;

private:
  cpu_set_t before_;
};

} // namespace linx::bench
