// A place in a stream of events.
#pragma once

#include <linx/core/task.hpp>

#include <cstdint>

namespace linx::rtnl {

// Implemented by the source behind a stream of `monitor`.
class marked {
public:
  // Marks the place behind all that the kernel has told until now; yields its number. The stream says
  // `synchronized` there. Any executor.
  virtual task<std::uint32_t> mark() = 0;

  // Whether all before that place has been yielded. Any thread.
  virtual bool has_passed(std::uint32_t mark) const noexcept = 0;

protected:
  ~marked() = default;
};

} // namespace linx::rtnl
