/// The terminal of a child, from the side of the host.
#pragma once

#include <linx/core/task.hpp>
#include <linx/io/window_size.hpp>

#include <boost/asio/buffer.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace linx {

class process;

namespace detail {
class terminal;
class terminal_user;
} // namespace detail

/// A handle to the pseudoterminal of a child that was spawned with `process_options::terminal()`.
///
///     LINX_TRY(auto terminal, child.terminal());
///     LINX_TRYV(co_await terminal.write(asio::buffer(line)));
///     for (;;) {
///       LINX_TRY(const std::size_t n, co_await terminal.read_some(asio::buffer(room)));
///       if (n == 0) break; // the end
///     }
///
/// The child is the leader of a session of its own, the terminal is its controlling one and its descriptors
/// 0, 1 and 2 are the slave. The host holds the master itself: no byte goes through another process. The
/// kernel buffers some KiB in each direction; a child whose output nobody reads waits, and nobody else.
/// What is written is input as from a keyboard: in canonical mode a line of more than 4095 bytes is cut by
/// the kernel, and a 0x03 is Ctrl-C (termios(3)).
///
/// Lifetime: handles share the terminal. Dropping one ends its operations with `errc::closed`; the terminal
/// hangs up (SIGHUP to the child's session) at `close()`, or when all handles and the `process` are gone. It
/// outlives the child for what is left to read. It may outlive the io_context, too; every call then yields
/// `errc::closed`.
///
/// Executor: all members of all handles on the executor of the child. One `read_some` at a time, a second one
/// gets `errc::not_ready`. Writes that overlap are done one after the other, each whole.
///
/// Source: pty(7), ioctl_tty(2), termios(3).
class LINX_API pty {
public:
  pty(pty&&) noexcept;
  pty& operator=(pty&&) noexcept;
  ~pty();

  /// Reads what the child wrote: at least one byte, or 0 at the end.
  ///
  /// The end is when nobody has the slave open any more and all was read. A grandchild may hold the slave
  /// for ever, so after 200 ms from the death of the child it is the end, too, when nothing is left to read.
  /// Nothing of the child's is lost, however late it is read. A child that closes its terminal and goes on
  /// makes an end, too.
  ///
  /// Parameters: `room`: borrowed until it completes, not empty.
  /// Cancellation: nothing was read.
  /// Errors: stage `argument`; `errc::not_ready`, `errc::closed`; stage `receive`.
  task<std::size_t> read_some(asio::mutable_buffer room);

  /// Writes all of it, waiting while the child does not read. What nobody reads any more is taken until the
  /// host has heard of the child's end.
  ///
  /// Parameters: `data`: borrowed until it completes.
  /// Cancellation: some of it may have been written; the error's object says how much, and `written()` has
  /// grown by that.
  /// Errors: `errc::no_process` after the end of the child; `errc::closed`; stage `send`. The object says how
  /// much was written.
  task<> write(asio::const_buffer data);

  /// Bytes that the terminal has taken from all writes so far.
  std::uint64_t written() const noexcept;

  /// Sets the size; the foreground process group gets SIGWINCH if it changed. At any time before the end.
  /// Errors: `errc::no_process`, `errc::closed`.
  result<> resize(io::window_size size);

  /// Errors: `errc::closed`; stage `configure`.
  result<io::window_size> window_size() const;

  /// Hangs up: the child's session gets SIGHUP, operations of all handles end with `errc::closed`.
  void close() noexcept;

private:
  friend class process;
  explicit pty(std::shared_ptr<detail::terminal> terminal);

  std::shared_ptr<detail::terminal_user> user_;
};

} // namespace linx
