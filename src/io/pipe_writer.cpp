#include <linx/io/pipe_writer.hpp>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>

#include <fcntl.h>
#include <pthread.h>

#ifndef RWF_NOSIGNAL
#define RWF_NOSIGNAL 0x00000100 // linux/fs.h, Linux 6.18
#endif

namespace linx::io {

namespace {

// The signal of a write is the thread's own, not the process's: nobody else can have taken it.
ssize_t write_with_sigpipe_blocked(int fd, const iovec* parts, int count) noexcept
{
  sigset_t pipe, pending, former;
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  ::sigemptyset(&pending);
  ::sigpending(&pending);
  // One that is pending is blocked already, and another one would be lost in it.
  if (::sigismember(&pending, SIGPIPE) == 1) return ::writev(fd, parts, count);
  ::pthread_sigmask(SIG_BLOCK, &pipe, &former);
  const ssize_t n = ::writev(fd, parts, count);
  const int why = errno;
  if (n < 0 && why == EPIPE) {
    const timespec now{};
    while (::sigtimedwait(&pipe, nullptr, &now) < 0 && errno == EINTR) {
    }
  }
  ::pthread_sigmask(SIG_SETMASK, &former, nullptr);
  errno = why;
  return n;
}

} // namespace

namespace detail {

ssize_t write_quietly(int fd, const iovec* parts, int count) noexcept
{
  static std::atomic<bool> has_flag = true;
  if (has_flag.load(std::memory_order_relaxed)) {
    const ssize_t n = ::pwritev2(fd, parts, count, -1, RWF_NOSIGNAL);
    if (n >= 0 || (errno != EOPNOTSUPP && errno != EINVAL && errno != ENOSYS && errno != ESPIPE)) return n;
    if (errno == EOPNOTSUPP || errno == ENOSYS) has_flag.store(false, std::memory_order_relaxed);
  }
  return write_with_sigpipe_blocked(fd, parts, count);
}

} // namespace detail

result<pipe_writer> pipe_writer::adopt(executor ex, unique_fd fd)
{
  const int flags = ::fcntl(fd.get(), F_GETFL);
  if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) < 0)
    return error::from_errno(errno, stage::open);
  pipe_writer self(std::move(ex));
  BOOST_OUTCOME_TRYV(self.assign(std::move(fd)));
  return self;
}

} // namespace linx::io
