/// The host's side of a child's terminal: the state that its `pty` handles and the session share.
#pragma once

#include "core/state.hpp"
#include "core/waiter.hpp"

#include <linx/io/pty_master.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace linx::detail {

/// Tries, and tells when it is worth to try again. All members on the home executor.
class terminal : public context_state {
public:
  using wait_type = io::descriptor::wait_type;

  terminal(executor home, io::pty_master master);

  /// Opens a pseudoterminal and its slave. Errors: stages `posix_openpt`, `pts_open`, `configure`.
  struct pair;
  static result<pair> open(const executor& home, io::window_size size);

  /// Nothing yet where it would block. Reading yields 0 at the end.
  std::optional<result<std::size_t>> try_read(asio::mutable_buffer room);
  std::optional<result<std::size_t>> try_write(asio::const_buffer data);

  /// Wakes `waiters` when it is worth to try again; `rest` when nobody cares any more.
  void listen(wait_type what);
  void rest(wait_type what) noexcept;

  void child_ended();
  void close() noexcept;
  bool is_closed() const noexcept { return closed_; }
  bool has_ended() const noexcept { return ended_at_.has_value(); }
  std::uint64_t written() const noexcept { return written_; }

  result<> resize(io::window_size size);
  result<io::window_size> size() const;

  /// Wakes with each change of anything that is asked for here.
  wait_list waiters;

  /// The one reader and the one writer at work.
  bool reading = false;
  bool writing = false;

private:
  struct interest {
    bool armed = false;
    asio::cancellation_signal stop;
  };

  void shutdown() noexcept override;
  interest& interest_in(wait_type what) noexcept;
  bool lingers() const noexcept;

  io::pty_master master_;
  interest to_read_, to_write_;
  std::optional<asio::steady_timer> timer_;
  std::optional<std::chrono::steady_clock::time_point> ended_at_;
  std::uint64_t written_ = 0;
  bool closed_ = false;
};

struct terminal::pair {
  std::shared_ptr<terminal> master;
  io::unique_fd slave;
};

/// One `pty` handle.
class terminal_user {
public:
  explicit terminal_user(std::shared_ptr<terminal> which) noexcept : tty(std::move(which)) {}

  const std::shared_ptr<terminal> tty;
  bool dropped = false;

  bool is_closed() const noexcept { return dropped || tty->is_closed() || tty->is_shut_down(); }
};

} // namespace linx::detail
