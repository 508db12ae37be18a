// What a monitor's socket can be asked besides what it hears.
#pragma once

#include <linx/core/task.hpp>

#include <cstdint>

namespace linx::netlink::detail {

// Implemented by the source behind a stream of `monitor`.
class listener {
public:
  // Sends an empty request, which the kernel acknowledges into the socket's own queue: behind all that it has
  // told until now, and before all that it tells later. The message with this sequence number and the port
  // that this yields is that place. If there is no room for it the stream says `lost` there.
  //
  // Any executor.
  virtual task<std::uint32_t> mark(std::uint32_t sequence) = 0;

protected:
  ~listener() = default;
};

} // namespace linx::netlink::detail
