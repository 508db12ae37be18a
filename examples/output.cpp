#include "output.hpp"

#include <linx/core/as_result.hpp>

#include <algorithm>
#include <cerrno>
#include <string>

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace example {

namespace asio = boost::asio;

namespace {

/// A pipe or a terminal, opened once more, has flags of its own; anything else is the same open file.
int open_again(int fd)
{
  struct stat is {};
  if (::fstat(fd, &is) == 0 && (S_ISFIFO(is.st_mode) || ::isatty(fd) == 1)) {
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    const int own = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (own >= 0) return own;
  }
  return ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

} // namespace

output::output(const linx::executor& ex, int fd)
{
  const int own = open_again(fd);
  if (own >= 0) own_.emplace(ex, own);
}

linx::task<> output::write(std::string_view text)
{
  if (!own_) co_return linx::error::from_errno(EBADF, linx::stage::send);
  const int fd = own_->native_handle();
  while (!text.empty()) {
    pollfd now{fd, POLLOUT, 0};
    if (::poll(&now, 1, 0) == 0) {
      auto waited = wait();
      LINX_TRYV(co_await std::move(waited));
    }
    // What is writable takes that much without blocking (pipe(7)).
    const ssize_t written = ::write(fd, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      auto waited = wait();
      LINX_TRYV(co_await std::move(waited));
    } else if (errno != EINTR) {
      co_return linx::error::from_errno(errno, linx::stage::send);
    }
  }
  co_return linx::success();
}

void output::cancel()
{
  if (own_) own_->cancel();
}

linx::task<> output::wait()
{
  auto waited = co_await own_->async_wait(asio::posix::stream_descriptor::wait_write, linx::as_result);
  // A file is always writable, and epoll(7) does not take it.
  if (waited || waited.error() == asio::error::operation_not_supported) co_return linx::success();
  co_return std::move(waited).error().with_stage(linx::stage::send);
}

} // namespace example
