/// Reading and writing the small files of proc(5) and cgroup v2.
#pragma once

#include "syscall.hpp"

#include <linux/fcntl.h>

namespace linx::spawner {

/// openat(2), write(2) of the whole text, close(2): 0 or the errno.
inline int write_text(int directory, const char* path, const char* text, std::size_t size) noexcept
{
  const long fd = sys::call(__NR_openat, directory, path, O_WRONLY | O_CLOEXEC, 0);
  if (fd < 0) return sys::error_of(fd);
  const long written = sys::call(__NR_write, fd, text, size);
  sys::call(__NR_close, fd);
  return sys::error_of(written);
}

/// A decimal number as text, without a terminating NUL.
class decimal {
public:
  explicit decimal(std::int64_t value) noexcept
  {
    const bool negative = value < 0;
    auto rest =
        negative ? std::uint64_t{0} - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
    do {
      text_[--begin_] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    } while (rest != 0);
    if (negative) text_[--begin_] = '-';
  }
  const char* data() const noexcept { return text_ + begin_; }
  std::size_t size() const noexcept { return sizeof text_ - begin_; }

private:
  char text_[24];
  std::size_t begin_ = sizeof text_;
};

inline int write_number(const char* path, std::int64_t value) noexcept
{
  const decimal text(value);
  return write_text(AT_FDCWD, path, text.data(), text.size());
}

} // namespace linx::spawner
