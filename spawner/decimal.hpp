/// A decimal number as text, without a terminating NUL.
#pragma once

#include <cstddef>
#include <cstdint>

namespace linx::spawner {

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

} // namespace linx::spawner
