#include <linx/io/pty_master.hpp>

#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <sys/ioctl.h>

#ifndef TIOCGPTPEER // glibc before 2.27
#define TIOCGPTPEER _IO('T', 0x41)
#endif

namespace linx::io {

result<pty_master> pty_master::open(executor ex)
{
  unique_fd fd(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return error::from_errno(errno, stage::posix_openpt).with_object("/dev/ptmx");
  const int unlocked = 0;
  if (::ioctl(fd.get(), TIOCSPTLCK, &unlocked) != 0) return error::from_errno(errno, stage::posix_openpt);
  return adopt(std::move(ex), std::move(fd));
}

result<pty_master> pty_master::adopt(executor ex, unique_fd fd)
{
  unsigned number = 0;
  if (::ioctl(fd.get(), TIOCGPTN, &number) != 0) {
    return error::argument("descriptor " + std::to_string(fd.get()) +
                           " is not the master of a pseudoterminal");
  }
  pty_master self(std::move(ex));
  BOOST_OUTCOME_TRYV(self.assign(std::move(fd)));
  return self;
}

result<unique_fd> pty_master::open_slave() const
{
  unique_fd slave(::ioctl(native_handle(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!slave) return error::from_errno(errno, stage::pts_open);
  return slave;
}

result<unsigned> pty_master::number() const
{
  unsigned value = 0;
  if (::ioctl(native_handle(), TIOCGPTN, &value) != 0) return error::from_errno(errno, stage::pts_open);
  return value;
}

result<void> pty_master::resize(window_size size)
{
  winsize value{};
  value.ws_row = size.rows();
  value.ws_col = size.columns();
  value.ws_xpixel = size.x_pixels();
  value.ws_ypixel = size.y_pixels();
  if (::ioctl(native_handle(), TIOCSWINSZ, &value) != 0) return error::from_errno(errno, stage::configure);
  return success();
}

result<window_size> pty_master::size() const
{
  winsize value{};
  if (::ioctl(native_handle(), TIOCGWINSZ, &value) != 0) return error::from_errno(errno, stage::configure);
  return window_size(value.ws_row, value.ws_col, value.ws_xpixel, value.ws_ypixel);
}

} // namespace linx::io
