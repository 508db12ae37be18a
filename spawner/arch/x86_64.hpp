/// The system call of x86_64, and a clone that starts the child in a function of its own stack.
#pragma once

namespace linx::spawner::sys {

inline long raw_call(long number, long a, long b, long c, long d, long e, long f) noexcept
{
  long result;
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
}

/// clone3(2). The child runs entry(argument) on the stack named in `args` and never returns.
extern "C" long linx_clone3(void* args, unsigned long size, void (*entry)(void*), void* argument) noexcept;

/// clone(2) with the order of arguments of this architecture; `stack` is the end of the stack.
extern "C" long linx_clone(unsigned long flags, void* stack, int* pidfd, void (*entry)(void*),
                           void* argument) noexcept;

/// Runs entry(argument) on another stack, for good.
[[noreturn]] inline void run_on_stack(void* stack_end, void (*entry)(void*), void* argument) noexcept
{
  asm volatile("mov %0, %%rsp\n\t"
               "xor %%ebp, %%ebp\n\t"
               "mov %2, %%rdi\n\t"
               "call *%1\n\t"
               "ud2"
               :
               : "r"(stack_end), "r"(entry), "r"(argument)
               : "memory", "rdi");
  __builtin_unreachable();
}

} // namespace linx::spawner::sys
