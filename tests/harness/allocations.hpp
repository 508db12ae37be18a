/// Counts, weighs and fails the allocations of this thread. Include it in one file of a test program: it
/// replaces the global operator new and aligned_alloc.
///
/// Counting operator new alone would miss every coroutine frame and every handler of Asio: those come from
/// aligned_alloc. What the sanitizers put in place of both still sits underneath.
#pragma once

#include <malloc.h>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace linx::test {

class allocations {
public:
  /// Allocations of this thread since its start.
  static std::size_t count() noexcept { return here().count; }

  /// Bytes that this thread has from operator new and has not given back, and the most of them since
  /// `reset_peak()`. Coroutine frames and handlers are not among them.
  static std::ptrdiff_t bytes() noexcept { return here().bytes; }
  static std::ptrdiff_t peak() noexcept { return here().peak; }
  static void reset_peak() noexcept { here().peak = here().bytes; }

  /// Lets the n-th allocation from now on fail, once; 0 lets all succeed.
  static void fail(std::size_t n) noexcept { here().until_failure = n; }

  /// The failure that was asked for has not come.
  static bool is_failure_pending() noexcept { return here().until_failure != 0; }

  static bool next_succeeds() noexcept
  {
    auto& state = here();
    ++state.count;
    return state.until_failure == 0 || --state.until_failure != 0;
  }

  static void weigh(void* memory, int sign) noexcept
  {
    auto& state = here();
    state.bytes += sign * static_cast<std::ptrdiff_t>(::malloc_usable_size(memory));
    if (state.bytes > state.peak) state.peak = state.bytes;
  }

private:
  struct state {
    std::size_t count = 0;
    std::size_t until_failure = 0;
    std::ptrdiff_t bytes = 0;
    std::ptrdiff_t peak = 0;
  };

  static state& here() noexcept
  {
    static thread_local state mine;
    return mine;
  }
};

} // namespace linx::test

void* operator new(std::size_t size)
{
  void* const memory = linx::test::allocations::next_succeeds() ? std::malloc(size ? size : 1) : nullptr;
  if (!memory) throw std::bad_alloc();
  linx::test::allocations::weigh(memory, 1);
  return memory;
}

// The sanitizers' own would be paired with the delete below.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept
try {
  return ::operator new(size);
} catch (const std::bad_alloc&) {
  return nullptr;
}

void operator delete(void* memory) noexcept
{
  linx::test::allocations::weigh(memory, -1);
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept
{
  ::operator delete(memory);
}

extern "C" __attribute__((visibility("default"))) void* aligned_alloc(std::size_t alignment, std::size_t size)
{
  return linx::test::allocations::next_succeeds() ? ::memalign(alignment, size) : nullptr;
}
