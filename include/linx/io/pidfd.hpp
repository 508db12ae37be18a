/// A process as a descriptor.
#pragma once

#include <linx/io/detail/operation.hpp>

#include <sys/types.h>

namespace linx::io {

namespace detail {

class exit_attempt {
public:
  static constexpr auto waits_for = descriptor::wait_read;
  LINX_API std::optional<error_code> perform(int fd) noexcept;

  template <class Self>
  void complete(Self& self, error_code ec)
  {
    self.complete(ec);
  }
};

} // namespace detail

/// A pidfd: a process that cannot be mistaken for another one, whatever becomes of its number.
///
/// Source: pidfd_open(2), pidfd_send_signal(2), clone(2) (`CLONE_PIDFD`).
class LINX_API pidfd : public descriptor {
public:
  explicit pidfd(executor ex) : descriptor(std::move(ex)) {}
  explicit pidfd(execution_context auto& context) : pidfd(executor(context.get_executor())) {}

  /// Opens the process of that number (`pidfd_open`, Linux 5.3). Safe against a recycled number only for a
  /// child that its parent, the caller, has not reaped.
  ///
  /// Errors: stage `open`, `ESRCH` if there is no such process, `EINVAL` if it is a thread.
  static result<pidfd> open(executor ex, pid_t pid);

  /// Takes over a pidfd that came from clone3(2) or over a socket.
  /// Errors: stage `open`.
  static result<pidfd> adopt(executor ex, unique_fd fd);

  /// True once the process has exited, reaped or not; false if no descriptor is held.
  ///
  /// Asks poll(2), which anyone may; waitid(2) would answer a parent only.
  bool has_exited() const noexcept;

  /// Sends a signal (`pidfd_send_signal`, Linux 5.1).
  /// Errors: stage `signal`, `ESRCH` once it was reaped, `EPERM`, `EINVAL` for a number that is no signal.
  result<void> send_signal(int signal) const;

  /// Completes when the process has exited, with the signature `void(error_code)`.
  ///
  /// A readiness that turns out spurious (a traced process changing hands, `exec` by a thread that is not the
  /// leader) is waited out. It reaps nothing.
  /// Cancellation: the process is not touched.
  template <class Token = asio::deferred_t>
  auto async_wait(Token&& token = Token())
  {
    return detail::async_attempt<void(error_code)>(state_, detail::exit_attempt(),
                                                   std::forward<Token>(token));
  }
};

} // namespace linx::io
