#include <linx/io/pidfd.hpp>

#include <cerrno>
#include <csignal>
#include <string>

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace linx::io {

namespace detail {

std::optional<error_code> exit_attempt::perform(int fd) noexcept
{
  if (fd < 0) return error_code(asio::error::bad_descriptor);
  pollfd query{fd, POLLIN, 0};
  const int n = ::poll(&query, 1, 0);
  if (n < 0) {
    if (errno == EINTR) return std::nullopt;
    return error_code(errno, boost::system::system_category());
  }
  if (n == 0) return std::nullopt;
  if (query.revents & POLLNVAL) return error_code(asio::error::bad_descriptor);
  return error_code();
}

} // namespace detail

result<pidfd> pidfd::open(executor ex, pid_t pid)
{
  // glibc 2.36 has a wrapper, Debian 12's headers declare it; older systems do not. The kernel sets
  // O_CLOEXEC.
  unique_fd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!fd) return error::from_errno(errno, stage::open).with_object("pid " + std::to_string(pid));
  return adopt(std::move(ex), std::move(fd));
}

result<pidfd> pidfd::adopt(executor ex, unique_fd fd)
{
  pidfd self(std::move(ex));
  BOOST_OUTCOME_TRYV(self.assign(std::move(fd)));
  return self;
}

bool pidfd::has_exited() const noexcept
{
  const auto outcome = detail::exit_attempt().perform(native_handle());
  return outcome && !*outcome;
}

result<void> pidfd::send_signal(int signal) const
{
  if (::syscall(SYS_pidfd_send_signal, native_handle(), signal, nullptr, 0) != 0) {
    return error::from_errno(errno, stage::signal).with_object("signal " + std::to_string(signal));
  }
  return success();
}

} // namespace linx::io
