#include "terminal.hpp"

#include "../output.hpp"

#include <linx/core/as_result.hpp>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>

#include <array>
#include <cerrno>
#include <string_view>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace run_tool {

namespace asio = boost::asio;

std::optional<linx::io::window_size> own_window_size()
{
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row != 0)
      return linx::io::window_size(size.ws_row, size.ws_col, size.ws_xpixel, size.ws_ypixel);
  }
  return std::nullopt;
}

raw_mode::raw_mode()
{
  termios now{};
  if (::tcgetattr(STDIN_FILENO, &now) != 0) return;
  former_ = now;
  again();
}

void raw_mode::again()
{
  if (!former_) return;
  termios raw = *former_;
  ::cfmakeraw(&raw);
  ::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
}

raw_mode::~raw_mode()
{
  if (former_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &*former_);
}

linx::task<> copy_output(linx::pty& terminal)
{
  const linx::executor ex = co_await asio::this_coro::executor;
  example::output out(ex, STDOUT_FILENO);
  std::array<char, 16384> room;
  for (;;) {
    const auto buffer = asio::buffer(room);
    LINX_TRY(const std::size_t read, co_await terminal.read_some(buffer));
    if (read == 0) co_return linx::success();
    auto writing = out.write(std::string_view(room.data(), read));
    auto written = co_await std::move(writing);
    if (written) continue;
    if (written.error().errnum() != EPIPE)
      co_return std::move(written).error().with_object("standard output");
    // As the signal of a broken pipe would: the command is told, and how it ends is its own matter.
    terminal.close();
    co_return linx::success();
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
    auto waited = co_await input.async_wait(asio::posix::stream_descriptor::wait_read, linx::as_result);
    if (!waited && !(waited.error() == asio::error::operation_not_supported))
      co_return std::move(waited).error().with_stage(linx::stage::receive);
    const ssize_t read = ::read(STDIN_FILENO, room.data(), room.size());
    if (read < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    static constexpr char end_of_file = 0x04;
    const auto data = read > 0 ? asio::const_buffer(room.data(), static_cast<std::size_t>(read))
                               : asio::const_buffer(&end_of_file, 1);
    LINX_TRYV(co_await terminal.write(data));
    if (read <= 0) co_return linx::success();
  }
}

} // namespace run_tool
