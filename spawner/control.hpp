/// The control socket: frames in, records out, never blocking and never losing one.
#pragma once

#include "bytes.hpp"
#include "message.hpp"

#include "process/protocol.hpp"

namespace linx::spawner {

struct frame {
  bytes data;
  int first_fd = 0;
};

/// Lies in zeroed memory: all zero is the state at the start.
class control_socket {
public:
  /// Reads one datagram. False when there is none or the host has closed the socket.
  bool receive() noexcept;

  enum class reading { frame, malformed, end };
  /// The next frame of the datagram. After `malformed` (out.data is the header, if it could be read at all)
  /// and `end` nothing of the datagram is left.
  reading next(frame& out) noexcept;

  /// Sends a record, or keeps it and is blocked() until flush() succeeds. Only while not blocked().
  void send(const void* record, const int* fds = nullptr, unsigned fd_count = 0) noexcept;
  void flush() noexcept;

  /// The host is gone: what is held back, or sent from now on, is dropped.
  void abandon() noexcept
  {
    closed_ = true;
    held_size_ = 0;
  }

  bool blocked() const noexcept { return held_size_ != 0; }
  bool is_closed() const noexcept { return closed_; }
  bool lost_descriptors() const noexcept { return cut_; }
  bool has_frames() const noexcept { return offset_ != size_; }
  /// Who has sent the datagram at hand.
  const sender& from() const noexcept { return from_; }
  /// The kernel has no room for more descriptors on their way: poll(2) cannot tell when it has again. What is
  /// held back then goes without its descriptors after a while; the host gives that one child up.
  bool retry_by_time() const noexcept { return retry_by_time_; }
  /// Closes what came with a datagram, once all its frames are dealt with and nothing is held back.
  void close_received() noexcept;

private:
  bool try_send(const void* record, std::size_t size, const int* fds, unsigned fd_count) noexcept;
  void part_with_descriptors() noexcept;

  static constexpr std::size_t longest_record = sizeof(wire::exited_record);
  static constexpr unsigned most_sent_fds = 1;

  bool closed_;
  bool cut_; // descriptors of the datagram were lost
  bool retry_by_time_;
  unsigned attempts_; // at what is held back
  sender from_;
  int next_fd_;
  unsigned fds_left_;
  std::size_t offset_;
  std::size_t size_;
  std::size_t held_size_;
  unsigned held_fd_count_;
  int held_fds_[most_sent_fds];
  alignas(8) std::byte held_[longest_record];
  alignas(8) std::byte datagram_[wire::max_datagram];
};

} // namespace linx::spawner
