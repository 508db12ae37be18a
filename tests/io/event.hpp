// Something whose readiness a test decides.
#pragma once

#include <linx/io/pidfd.hpp>

#include <sys/eventfd.h>

namespace linx::test {

// An eventfd is readable exactly when it was signalled: it lets a test decide when a wait ends.
class event {
public:
  event() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  io::unique_fd share() const { return io::unique_fd::duplicate(fd_.get()).value(); }
  void signal() const { ::eventfd_write(fd_.get(), 1); }

private:
  io::unique_fd fd_;
};

// A pidfd object on an eventfd: it "exits" when the event is signalled.
inline io::pidfd on(asio::any_io_executor ex, const event& e)
{
  return io::pidfd::adopt(std::move(ex), e.share()).value();
}

} // namespace linx::test
