/// The end of a pipe that is written to.
#pragma once

#include <linx/io/detail/operation.hpp>

#include <boost/asio/buffer.hpp>

#include <array>
#include <cstddef>

#include <sys/uio.h>

namespace linx::io {

namespace detail {

/// writev(2) that raises no SIGPIPE. -1 with errno.
LINX_API ssize_t write_quietly(int fd, const iovec* parts, int count) noexcept;

template <class Buffers>
class pipe_write_attempt {
public:
  static constexpr auto waits_for = descriptor::wait_write;

  explicit pipe_write_attempt(const Buffers& buffers) : buffers_(buffers) {}

  std::optional<error_code> perform(int fd) noexcept
  {
    if (fd < 0) return error_code(asio::error::bad_descriptor);
    std::array<iovec, 16> parts{}; // what is beyond them is for the next write
    int count = 0;
    std::size_t all = 0;
    const auto end = asio::buffer_sequence_end(buffers_);
    for (auto each = asio::buffer_sequence_begin(buffers_); each != end && count != 16; ++each) {
      const asio::const_buffer part(*each);
      parts[static_cast<std::size_t>(count++)] = {const_cast<void*>(part.data()), part.size()};
      all += part.size();
    }
    if (all == 0) return error_code();
    for (;;) {
      const ssize_t n = write_quietly(fd, parts.data(), count);
      if (n >= 0) {
        written_ = static_cast<std::size_t>(n);
        return error_code();
      }
      if (errno == EAGAIN) return std::nullopt;
      if (errno != EINTR) return error_code(errno, boost::system::system_category());
    }
  }

  template <class Self>
  void complete(Self& self, error_code ec)
  {
    self.complete(ec, written_);
  }

private:
  Buffers buffers_;
  std::size_t written_ = 0;
};

} // namespace detail

/// The write end of a pipe(7), or of a FIFO: an AsyncWriteStream, so `asio::async_write` takes it.
///
/// When nobody reads any more, a write fails with `EPIPE` (`asio::error::broken_pipe`), and that is all: no
/// SIGPIPE is raised, whatever the process has set for that signal, and nothing that it has set is changed.
///
/// Kernel: RWF_NOSIGNAL of pwritev2(2) since Linux 6.18; before that SIGPIPE is blocked in the thread for the
/// time of the write and taken out of its pending signals, which costs three system calls more.
/// Source: pipe(7), write(2), signal(7).
class LINX_API pipe_writer : public descriptor {
public:
  explicit pipe_writer(executor ex) : descriptor(std::move(ex)) {}
  explicit pipe_writer(execution_context auto& context) : pipe_writer(executor(context.get_executor())) {}

  /// Takes over the write end of a pipe and sets O_NONBLOCK on it: a pipe's ends are files of their own, so
  /// nobody at the other end notices.
  ///
  /// Errors: stage `open`.
  static result<pipe_writer> adopt(executor ex, unique_fd fd);

  /// Waits until there is room, or nobody reads any more, with the signature `void(error_code)`.
  template <class Token = asio::deferred_t>
  auto async_wait(wait_type what, Token&& token = Token())
  {
    return asio::async_initiate<Token, void(error_code)>(detail::wait_initiation{state_}, token, what);
  }

  /// Writes what there is room for, with the signature `void(error_code, std::size_t)`.
  ///
  /// Parameters: the buffers, borrowed until it completes.
  /// Cancellation: nothing was written.
  /// Errors: `EPIPE`.
  template <class ConstBufferSequence, class Token = asio::deferred_t>
  auto async_write_some(const ConstBufferSequence& buffers, Token&& token = Token())
  {
    return detail::async_attempt<void(error_code, std::size_t)>(
        state_, detail::pipe_write_attempt<ConstBufferSequence>(buffers), std::forward<Token>(token));
  }
};

} // namespace linx::io
