/// Signals as something to read.
#pragma once

#include <linx/io/detail/operation.hpp>

#include <csignal>
#include <initializer_list>

#include <sys/signalfd.h>

namespace linx::io {

/// A set of signals.
class LINX_API signal_mask {
public:
  signal_mask() noexcept;
  signal_mask(std::initializer_list<int> signals) noexcept;

  /// A number that is no signal is ignored.
  signal_mask& add(int signal) noexcept;
  bool contains(int signal) const noexcept;
  const sigset_t& native() const noexcept { return set_; }

private:
  sigset_t set_;
};

/// Blocks signals in the calling thread and restores that thread's former mask when it goes (in the same
/// thread).
///
/// A signal_fd receives only signals that are blocked, and an unblocked thread anywhere in the process takes
/// a signal away from it. Threads inherit the mask: make this object in main, before the first thread.
class LINX_API blocked_signals {
public:
  explicit blocked_signals(const signal_mask& mask) noexcept;
  ~blocked_signals();
  blocked_signals(const blocked_signals&) = delete;
  blocked_signals& operator=(const blocked_signals&) = delete;

private:
  sigset_t former_;
};

/// One signal that arrived (`struct signalfd_siginfo`).
class signal_info {
public:
  int number() const noexcept { return static_cast<int>(raw_.ssi_signo); }
  /// `SI_USER`, `CLD_EXITED`, ...: sigaction(2).
  int code() const noexcept { return raw_.ssi_code; }
  /// Who sent it, in the reader's pid namespace; 0 if the sender is not visible there.
  std::uint32_t sender_pid() const noexcept { return raw_.ssi_pid; }
  std::uint32_t sender_uid() const noexcept { return raw_.ssi_uid; }
  /// The number that sigqueue(3) attached.
  int value() const noexcept { return raw_.ssi_int; }
  const signalfd_siginfo& native() const noexcept { return raw_; }
  signalfd_siginfo& native() noexcept { return raw_; }

private:
  signalfd_siginfo raw_{};
};

namespace detail {

class signal_attempt {
public:
  static constexpr auto waits_for = descriptor::wait_read;
  LINX_API std::optional<error_code> perform(int fd) noexcept;

  template <class Self>
  void complete(Self& self, error_code ec)
  {
    self.complete(ec, info_);
  }

private:
  signal_info info_;
};

} // namespace detail

/// A signalfd(2): takes blocked signals without a handler.
///
/// Pending standard signals are taken lowest number first and merged by number; only real-time signals queue.
/// What is read is what was sent to the reading thread or to the process.
/// Source: signalfd(2), signal(7).
class LINX_API signal_fd : public descriptor {
public:
  explicit signal_fd(executor ex) : descriptor(std::move(ex)) {}
  explicit signal_fd(execution_context auto& context) : signal_fd(executor(context.get_executor())) {}

  /// Opens a descriptor for these signals; they must be blocked in every thread (`blocked_signals`), and they
  /// stay blocked for programs that this one executes. SIGKILL and SIGSTOP are silently left out by the
  /// kernel.
  ///
  /// Errors: stage `open`, `EMFILE`.
  static result<signal_fd> open(executor ex, const signal_mask& mask);

  /// Receives another set from now on.
  /// Errors: stage `configure`.
  result<void> set_mask(const signal_mask& mask);

  /// Takes one signal without waiting.
  /// Errors: stage `receive`, `EAGAIN` if none is pending.
  result<signal_info> try_read() const;

  /// Takes one signal, with the signature `void(error_code, signal_info)`.
  ///
  /// Cancellation: no signal is lost; it stays pending.
  template <class Token = asio::deferred_t>
  auto async_read(Token&& token = Token())
  {
    return detail::async_attempt<void(error_code, signal_info)>(state_, detail::signal_attempt(),
                                                                std::forward<Token>(token));
  }
};

} // namespace linx::io
