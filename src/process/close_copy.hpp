/// Descriptor objects in a copy of the host that fork(2) made.
#pragma once

#include <optional>
#include <unistd.h>

namespace linx::detail {

/// Closes one of them. The number first: Asio would take it out of the epoll set, which may still be the
/// original's (its reactor is told of the fork when it runs next).
template <class Descriptor>
void close_copy(std::optional<Descriptor>& copy)
{
  if (!copy) return;
  ::close(copy->native_handle());
  copy.reset();
}

} // namespace linx::detail
