/// Room for the handler of a wait that is begun again and again.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <new>

namespace linx::detail {

/// Memory for one operation of Asio's at a time: a wait that nobody's task stands for must not fail for want
/// of it, since nobody would hear of that. A second one, or a larger one, comes from the heap.
///
/// Asio gives the memory of an operation back before it calls or destroys its handler for good, so the owner
/// may be kept alive by that handler. It does so on any thread of the context: of an operation that was
/// cancelled perhaps while the owner begins the next one.
class handler_memory {
public:
  handler_memory() noexcept = default;
  handler_memory(const handler_memory&) = delete;
  handler_memory& operator=(const handler_memory&) = delete;

  void* allocate(std::size_t size)
  {
    if (size > sizeof room_ || in_use_.exchange(true, std::memory_order_acquire)) return ::operator new(size);
    return room_;
  }
  void deallocate(void* memory) noexcept
  {
    if (memory != room_) return ::operator delete(memory);
    in_use_.store(false, std::memory_order_release);
  }

private:
  alignas(std::max_align_t) std::byte room_[512];
  std::atomic<bool> in_use_ = false;
};

/// For asio::bind_allocator.
template <class T>
class handler_allocator {
public:
  using value_type = T;

  explicit handler_allocator(handler_memory& memory) noexcept : memory_(&memory) {}
  template <class U>
  handler_allocator(const handler_allocator<U>& other) noexcept : memory_(other.memory_)
  {}

  T* allocate(std::size_t n) { return static_cast<T*>(memory_->allocate(n * sizeof(T))); }
  void deallocate(T* memory, std::size_t) noexcept { memory_->deallocate(memory); }

  template <class U>
  bool operator==(const handler_allocator<U>& other) const noexcept
  {
    return memory_ == other.memory_;
  }

private:
  template <class U>
  friend class handler_allocator;
  handler_memory* memory_;
};

} // namespace linx::detail
