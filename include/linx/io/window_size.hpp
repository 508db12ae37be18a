/// The size of a terminal.
#pragma once

#include <cstdint>

namespace linx::io {

/// The size of a terminal in characters, and in pixels where known (`struct winsize`, ioctl_tty(2)).
class window_size {
public:
  constexpr window_size(std::uint16_t rows, std::uint16_t columns, std::uint16_t x_pixels = 0,
                        std::uint16_t y_pixels = 0) noexcept
      : rows_(rows), columns_(columns), x_pixels_(x_pixels), y_pixels_(y_pixels)
  {}

  constexpr std::uint16_t rows() const noexcept { return rows_; }
  constexpr std::uint16_t columns() const noexcept { return columns_; }
  constexpr std::uint16_t x_pixels() const noexcept { return x_pixels_; }
  constexpr std::uint16_t y_pixels() const noexcept { return y_pixels_; }
  friend constexpr bool operator==(const window_size&, const window_size&) noexcept = default;

private:
  std::uint16_t rows_, columns_, x_pixels_, y_pixels_;
};

} // namespace linx::io
