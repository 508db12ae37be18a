// The four functions that a compiler may call in any program, libc or not (gcc manual, "Standards").
#include <cstddef>

extern "C" {

void* memcpy(void* __restrict to, const void* __restrict from, std::size_t count) noexcept
{
#if defined(__x86_64__)
  void* out = to;
  asm volatile("rep movsb" : "+D"(out), "+S"(from), "+c"(count) : : "memory");
#else
  for (std::size_t i = 0; i != count; ++i) static_cast<char*>(to)[i] = static_cast<const char*>(from)[i];
#endif
  return to;
}

void* memmove(void* to, const void* from, std::size_t count) noexcept
{
  auto* out = static_cast<unsigned char*>(to);
  const auto* in = static_cast<const unsigned char*>(from);
  if (out < in) {
    for (std::size_t i = 0; i != count; ++i) out[i] = in[i];
  } else {
    for (std::size_t i = count; i != 0; --i) out[i - 1] = in[i - 1];
  }
  return to;
}

void* memset(void* to, int value, std::size_t count) noexcept
{
#if defined(__x86_64__)
  void* out = to;
  asm volatile("rep stosb" : "+D"(out), "+c"(count) : "a"(value) : "memory");
#else
  for (std::size_t i = 0; i != count; ++i)
    static_cast<unsigned char*>(to)[i] = static_cast<unsigned char>(value);
#endif
  return to;
}

int memcmp(const void* left, const void* right, std::size_t count) noexcept
{
  const auto* a = static_cast<const unsigned char*>(left);
  const auto* b = static_cast<const unsigned char*>(right);
  for (std::size_t i = 0; i != count; ++i) {
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  }
  return 0;
}
}
