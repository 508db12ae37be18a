/// The child's tie to the spawner's life: PR_SET_PDEATHSIG and the check that it was not set too late.
#pragma once

#include "abi.hpp"
#include "descriptors.hpp"
#include "syscall.hpp"

#include <asm/signal.h>
#include <linux/prctl.h>

namespace linx::spawner {

class parent_watch {
public:
  int pidfd = fd::self;
  std::uint32_t signal = SIGKILL; // 0: the child outlives the spawner

  /// 0 or the errno. The kernel disarms at a change of credentials (prctl(2)), so this comes after each. A
  /// signal armed after the parent's death never comes; getppid(2) cannot tell in a new pid namespace, the
  /// pidfd can.
  int arm() const noexcept
  {
    const long result = sys::call(__NR_prctl, PR_SET_PDEATHSIG, signal, 0, 0, 0);
    if (result < 0) return sys::error_of(result);
    if (signal == 0) return 0;
    pollfd parent{pidfd, POLLIN, 0};
    if (sys::poll(&parent, 1, 0) > 0) sys::exit(wire::exit_aborted);
    return 0;
  }
};

} // namespace linx::spawner
