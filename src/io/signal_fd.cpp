#include <linx/io/signal_fd.hpp>

#include <cerrno>

#include <unistd.h>

namespace linx::io {

signal_mask::signal_mask() noexcept
{
  ::sigemptyset(&set_);
}

signal_mask::signal_mask(std::initializer_list<int> signals) noexcept : signal_mask()
{
  for (const int signal : signals) add(signal);
}

signal_mask& signal_mask::add(int signal) noexcept
{
  ::sigaddset(&set_, signal);
  return *this;
}

bool signal_mask::contains(int signal) const noexcept
{
  return ::sigismember(&set_, signal) == 1;
}

blocked_signals::blocked_signals(const signal_mask& mask) noexcept
{
  ::pthread_sigmask(SIG_BLOCK, &mask.native(), &former_);
}

blocked_signals::~blocked_signals()
{
  ::pthread_sigmask(SIG_SETMASK, &former_, nullptr);
}

namespace detail {

std::optional<error_code> signal_attempt::perform(int fd) noexcept
{
  const auto n = ::read(fd, &info_.native(), sizeof(signalfd_siginfo));
  if (n == sizeof(signalfd_siginfo)) return error_code();
  if (n >= 0) return make_error_code(errc::truncated);
  if (errno == EAGAIN || errno == EINTR) return std::nullopt;
  return error_code(errno, boost::system::system_category());
}

} // namespace detail

result<signal_fd> signal_fd::open(executor ex, const signal_mask& mask)
{
  unique_fd fd(::signalfd(-1, &mask.native(), SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return error::from_errno(errno, stage::open);
  signal_fd self(std::move(ex));
  BOOST_OUTCOME_TRYV(self.assign(std::move(fd)));
  return self;
}

result<void> signal_fd::set_mask(const signal_mask& mask)
{
  if (::signalfd(native_handle(), &mask.native(), 0) < 0) return error::from_errno(errno, stage::configure);
  return success();
}

result<signal_info> signal_fd::try_read() const
{
  signal_info info;
  const auto n = ::read(native_handle(), &info.native(), sizeof(signalfd_siginfo));
  if (n < 0) return error::from_errno(errno, stage::receive);
  if (n != sizeof(signalfd_siginfo)) return error(errc::truncated, stage::receive);
  return info;
}

} // namespace linx::io
