#include <linx/io/unique_fd.hpp>

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace linx::io {

void unique_fd::reset(int fd) noexcept
{
  const int old = std::exchange(fd_, fd);
  // No retry on EINTR: Linux has released the descriptor by then, and the number may belong to somebody else.
  if (old >= 0) ::close(old);
}

result<unique_fd> unique_fd::duplicate(int fd)
{
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return error::from_errno(errno, stage::open);
  return unique_fd(copy);
}

} // namespace linx::io
