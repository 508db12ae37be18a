#include "terminal.hpp"

#include <linx/io/unique_fd.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace run_tool {

namespace asio = boost::asio;

constexpr auto as_result = asio::as_tuple(asio::deferred);

std::optional<linx::io::window_size> own_window_size()
{
  winsize size{};
  if (::ioctl(STDIN_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return std::nullopt;
  return linx::io::window_size(size.ws_row, size.ws_col, size.ws_xpixel, size.ws_ypixel);
}

raw_mode::raw_mode()
{
  termios now{};
  if (::tcgetattr(STDIN_FILENO, &now) != 0) return;
  former_ = now;
  ::cfmakeraw(&now);
  ::tcsetattr(STDIN_FILENO, TCSADRAIN, &now);
}

raw_mode::~raw_mode()
{
  if (former_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &*former_);
}

namespace {

/// Standard output stays blocking: its flags belong to everybody who has it open.
linx::result<> write_all(const char* data, std::size_t size)
{
  while (size > 0) {
    const ssize_t written = ::write(STDOUT_FILENO, data, size);
    if (written >= 0) {
      data += written;
      size -= static_cast<std::size_t>(written);
    } else if (errno == EAGAIN) {
      pollfd wait{STDOUT_FILENO, POLLOUT, 0};
      ::poll(&wait, 1, -1);
    } else if (errno != EINTR) {
      return linx::error::from_errno(errno, linx::stage::send).with_object("standard output");
    }
  }
  return linx::success();
}

} // namespace

linx::task<> copy_output(linx::pty& terminal)
{
  std::array<char, 16384> room;
  for (;;) {
    const auto buffer = asio::buffer(room);
    BOOST_OUTCOME_CO_TRY(const std::size_t read, co_await terminal.read_some(buffer));
    if (read == 0) co_return linx::success();
    BOOST_OUTCOME_CO_TRYV(write_all(room.data(), read));
  }
}

linx::task<> copy_input(linx::pty& terminal)
{
  const linx::executor ex = co_await asio::this_coro::executor;
  const int own = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
  if (own < 0) co_return linx::success();
  asio::posix::stream_descriptor input(ex, own);
  std::array<char, 4096> room;
  for (;;) {
    // Waits without O_NONBLOCK, which would be everybody's who has the terminal open. A file is always
    // readable and epoll(7) does not take it.
    const auto waiting = co_await input.async_wait(asio::posix::stream_descriptor::wait_read, as_result);
    const boost::system::error_code failed = std::get<0>(waiting);
    if (failed == asio::error::operation_aborted) co_return linx::errc::cancelled;
    if (failed && failed != asio::error::operation_not_supported)
      co_return linx::error(failed, linx::stage::receive);
    const ssize_t read = ::read(STDIN_FILENO, room.data(), room.size());
    if (read < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    static constexpr char end_of_file = 0x04;
    const auto data = read > 0 ? asio::const_buffer(room.data(), static_cast<std::size_t>(read))
                               : asio::const_buffer(&end_of_file, 1);
    BOOST_OUTCOME_CO_TRYV(co_await terminal.write(data));
    if (read <= 0) co_return linx::success();
  }
}

} // namespace run_tool
