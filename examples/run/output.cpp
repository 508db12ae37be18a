#include "output.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>

#include <algorithm>
#include <cerrno>
#include <tuple>

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

namespace run_tool {

namespace asio = boost::asio;

constexpr auto as_result = asio::as_tuple(asio::deferred);

output::output(const linx::executor& ex, int fd) : fd_(fd)
{
  const int own = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (own >= 0) waiting_.emplace(ex, own);
}

linx::task<> output::write(std::string_view text)
{
  while (!text.empty()) {
    pollfd now{fd_, POLLOUT, 0};
    if (::poll(&now, 1, 0) == 0) {
      auto waited = wait();
      BOOST_OUTCOME_CO_TRYV(co_await std::move(waited));
    }
    // What is writable takes that much without blocking (pipe(7)).
    const ssize_t written = ::write(fd_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (written >= 0)
      text.remove_prefix(static_cast<std::size_t>(written));
    else if (errno != EINTR && errno != EAGAIN)
      co_return linx::error::from_errno(errno, linx::stage::send);
  }
  co_return linx::success();
}

linx::task<> output::wait()
{
  if (!waiting_) co_return linx::success();
  const auto waited = co_await waiting_->async_wait(asio::posix::stream_descriptor::wait_write, as_result);
  const boost::system::error_code failed = std::get<0>(waited);
  if (failed == asio::error::operation_aborted) co_return linx::errc::cancelled;
  // A file is always writable, and epoll(7) does not take it.
  if (failed && failed != asio::error::operation_not_supported)
    co_return linx::error(failed, linx::stage::send);
  co_return linx::success();
}

} // namespace run_tool
