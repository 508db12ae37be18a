/// The master end of a pseudoterminal.
#pragma once

#include <linx/io/detail/operation.hpp>
#include <linx/io/window_size.hpp>

#include <cerrno>
#include <cstddef>

namespace linx::io {

namespace detail {

// On Linux a master whose last slave was closed reads EIO (tty_io.c); to a stream's reader that is the end.
// The first one need not be: n_tty_read() (drivers/tty/n_tty.c) flushes what is under way and then looks
// whether the slave is closed, and what was written between the two comes by another read.
template <class Buffers>
class pty_read_op {
public:
  pty_read_op(shared_state state, Buffers buffers) : state_(std::move(state)), buffers_(std::move(buffers)) {}

  template <class Self>
  void operator()(Self& self, error_code ec = {}, std::size_t bytes = 0)
  {
    const bool slave_closed = ec == error_code(EIO, boost::system::system_category());
    if (reads_ == 0 || (slave_closed && reads_ == 1 && epoch(state_) == epoch_)) {
      if (reads_++ == 0) {
        self.reset_cancellation_state(asio::enable_total_cancellation());
        epoch_ = epoch(state_);
      }
      auto& layer = lowest_layer(state_);
      const auto buffers = buffers_;
      layer.async_read_some(buffers, std::move(self));
      return;
    }
    if (slave_closed) ec = asio::error::eof;
    state_.reset();
    self.complete(ec, bytes);
  }

private:
  shared_state state_;
  Buffers buffers_;
  std::uint64_t epoch_ = 0;
  int reads_ = 0;
};

struct write_initiation {
  shared_state state;
  using executor_type = executor;
  executor_type get_executor() const noexcept { return home_executor(state); }

  template <class Handler, class Buffers>
  void operator()(Handler&& handler, const Buffers& buffers) const
  {
    lowest_layer(state).async_write_some(buffers, std::forward<Handler>(handler));
  }
};

} // namespace detail

/// The master of a pseudoterminal pair: what is written to it the terminal's program reads, and the other way
/// round. It is an AsyncReadStream and an AsyncWriteStream: `asio::async_read`, `async_write`,
/// `async_read_until` take it.
///
/// Source: pty(7), ioctl_tty(2), pts(4).
class LINX_API pty_master : public descriptor {
public:
  explicit pty_master(executor ex) : descriptor(std::move(ex)) {}
  explicit pty_master(execution_context auto& context) : pty_master(executor(context.get_executor())) {}

  /// Opens `/dev/ptmx` and unlocks the slave. It never becomes anybody's controlling terminal (`O_NOCTTY`).
  ///
  /// Errors: stage `posix_openpt`: `ENOENT` without devpts, `ENOSPC` at `kernel.pty.max`.
  static result<pty_master> open(executor ex);

  /// Takes over a master that was opened elsewhere.
  /// Errors: stage `argument` if it is none, stage `open`.
  static result<pty_master> adopt(executor ex, unique_fd fd);

  /// Opens the slave (`TIOCGPTPEER`, Linux 4.13). No path is involved, so it works across mount namespaces
  /// and cannot be another terminal of the same number. Not the controlling terminal, close-on-exec.
  ///
  /// Errors: stage `pts_open`.
  result<unique_fd> open_slave() const;

  /// The N of `/dev/pts/N` in the devpts instance that it came from.
  /// Errors: stage `pts_open`.
  result<unsigned> number() const;

  /// Sets the size; the foreground process group gets SIGWINCH if it changed.
  /// Errors: stage `configure`.
  result<void> resize(window_size size);
  result<window_size> size() const;

  /// Waits until reading or writing may go on, with the signature `void(error_code)`, as epoll(7) says it:
  /// the wake-up may be for nothing.
  template <class Token = asio::deferred_t>
  auto async_wait(wait_type what, Token&& token = Token())
  {
    return asio::async_initiate<Token, void(error_code)>(detail::wait_initiation{state_}, token, what);
  }

  /// Reads what the terminal's program wrote, with the signature `void(error_code, std::size_t)`.
  ///
  /// `asio::error::eof` once the last slave was closed and everything was read; a slave that a grandchild
  /// holds keeps it open. While no slave was ever opened it waits.
  /// Cancellation: nothing is lost.
  template <class MutableBufferSequence, class Token = asio::deferred_t>
  auto async_read_some(const MutableBufferSequence& buffers, Token&& token = Token())
  {
    return asio::async_compose<Token, void(error_code, std::size_t)>(
        detail::pty_read_op<MutableBufferSequence>(state_, buffers), token, get_executor());
  }

  /// Writes to the terminal's program, with the signature `void(error_code, std::size_t)`. It takes what the
  /// line discipline has room for, at most 4095 bytes of an unfinished line in canonical mode.
  /// Cancellation: nothing was written.
  template <class ConstBufferSequence, class Token = asio::deferred_t>
  auto async_write_some(const ConstBufferSequence& buffers, Token&& token = Token())
  {
    return asio::async_initiate<Token, void(error_code, std::size_t)>(detail::write_initiation{state_}, token,
                                                                      buffers);
  }
};

} // namespace linx::io
