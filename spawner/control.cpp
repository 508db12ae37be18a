#include "control.hpp"

#include "descriptors.hpp"

#include <asm/errno.h>

namespace linx::spawner {

bool control_socket::receive() noexcept
{
  signed_rights control;
  iovec whole[] = {{datagram_, sizeof datagram_}};
  const received_message message = receive_message(fd::control, whole, control, abi::msg_dontwait);
  if (message.size == -EAGAIN || message.size == -EINTR) return false;
  if (lacks_room(static_cast<int>(-message.size))) {
    sys::sleep_us(room_pause_ms * 1000); // it is still there, and poll(2) says so at once
    return false;
  }
  if (message.size <= 0) {
    closed_ = true; // an empty datagram is no frame either: nobody who speaks this protocol sends one
    return false;
  }
  offset_ = 0;
  size_ = static_cast<std::size_t>(message.size);
  next_fd_ = fd::received;
  fds_left_ = message.fds;
  // Received descriptors take the lowest free numbers, and all from fd::received on are free.
  cut_ = message.fds_cut || (message.fds != 0 && message.first_fd[message.fds - 1] !=
                                                     fd::received + static_cast<int>(message.fds) - 1);
  from_ = message.from;
  if (message.truncated)
    size_ = sizeof(wire::frame_header) - 1; // too short for a header: malformed as a whole
  return true;
}

control_socket::reading control_socket::next(frame& out) noexcept
{
  if (!has_frames()) return reading::end;
  bytes rest{datagram_ + offset_, size_ - offset_};
  out.data = {};
  out.first_fd = next_fd_;
  if (rest.size < sizeof(wire::frame_header)) {
    offset_ = size_;
    return reading::malformed;
  }
  const auto& header = rest.as<wire::frame_header>();
  if (header.length < sizeof header || header.length % 8 != 0 || header.length > rest.size ||
      header.version != wire::version || cut_ || header.fds > fds_left_) {
    out.data = rest.take(sizeof header);
    offset_ = size_;
    return reading::malformed;
  }
  out.data = rest.take(header.length);
  offset_ += header.length;
  next_fd_ += header.fds;
  fds_left_ -= header.fds;
  return reading::frame;
}

void control_socket::send(const void* record, const int* fds, unsigned fd_count) noexcept
{
  const std::size_t size = static_cast<const wire::frame_header*>(record)->length;
  if (try_send(record, size, fds, fd_count)) return;
  __builtin_memcpy(held_, record, size);
  held_size_ = size;
  attempts_ = 0;
  held_fd_count_ = fd_count;
  for (unsigned i = 0; i != fd_count; ++i) held_fds_[i] = fds[i];
}

void control_socket::flush() noexcept
{
  if (!blocked()) return;
  if (retry_by_time_ && held_fd_count_ != 0 && ++attempts_ == room_attempts) part_with_descriptors();
  if (try_send(held_, held_size_, held_fds_, held_fd_count_)) held_size_ = 0;
}

void control_socket::part_with_descriptors() noexcept
{
  reinterpret_cast<wire::frame_header*>(held_)->fds = 0;
  held_fd_count_ = 0;
}

bool control_socket::try_send(const void* record, std::size_t size, const int* fds,
                              unsigned fd_count) noexcept
{
  retry_by_time_ = false;
  if (closed_) return true; // nobody is left to read it
  const int error = send_message(fd::control, record, size, fds, fd_count, abi::msg_dontwait);
  retry_by_time_ = lacks_room(error);
  if (retry_by_time_ || error == EAGAIN || error == EINTR) return false;
  closed_ = error != 0;
  return true;
}

void control_socket::close_received() noexcept
{
  if (has_frames() || blocked()) return;
  close_between(fd::received, last_descriptor);
}

} // namespace linx::spawner
