/// A range of bytes received from the host.
#pragma once

#include <cstddef>

namespace linx::spawner {

struct bytes {
  const std::byte* data = nullptr;
  std::size_t size = 0;

  /// Removes `count` bytes from the front and returns them; the caller has made sure that they are there.
  bytes take(std::size_t count) noexcept
  {
    const bytes front{data, count};
    data += count;
    size -= count;
    return front;
  }

  template <class T>
  const T& as() const noexcept
  {
    return *reinterpret_cast<const T*>(data);
  }
};

} // namespace linx::spawner
