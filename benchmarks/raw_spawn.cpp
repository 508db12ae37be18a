#include "raw_spawn.hpp"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <system_error>

#include <linux/sched.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace linx::bench {

namespace {

// Inlined: the child of CLONE_VM runs on its parent's stack, so it must not return from a function before
// execve.
[[gnu::always_inline]] inline long raw_syscall(long number, long a, long b, long c)
{
#if defined(__x86_64__)
  long result;
  asm volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  asm volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
  return x0;
#else
#error "a syscall by hand is not written for this machine"
#endif
}

} // namespace

[[gnu::noinline]] void raw_spawn(const std::string& program)
{
  int pidfd = -1;
  clone_args arguments{};
  arguments.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD;
  arguments.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
  arguments.exit_signal = SIGCHLD;
  const char* const path = program.c_str();
  const char* const argv[] = {path, nullptr};

  const long pid = raw_syscall(SYS_clone3, reinterpret_cast<long>(&arguments), sizeof arguments, 0);
  if (pid == 0) {
    raw_syscall(SYS_execve, reinterpret_cast<long>(path), reinterpret_cast<long>(argv),
                reinterpret_cast<long>(::environ)); // as linx: copying it is a part of execve(2)
    raw_syscall(SYS_exit_group, 127, 0, 0);
  }
  if (pid < 0) throw std::system_error(static_cast<int>(-pid), std::system_category(), "clone3");

  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED) != 0) {
    throw std::system_error(errno, std::system_category(), "waitid");
  }
  ::close(pidfd);
  if (info.si_code != CLD_EXITED || info.si_status != 0) {
    throw std::system_error(ENOEXEC, std::system_category(), program);
  }
}

} // namespace linx::bench
