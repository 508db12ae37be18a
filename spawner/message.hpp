/// One datagram with descriptors, sent or received.
#pragma once

#include "abi.hpp"
#include "syscall.hpp"

#include "process/protocol.hpp"

#include <asm/errno.h>

namespace linx::spawner {

/// Room for the descriptors of one datagram (cmsg(3)).
struct rights {
  abi::control_header header{};
  int fds[wire::max_fds + 1]; // padded to a multiple of 8
};

struct received_message {
  long size = 0; // or -errno
  unsigned fds = 0;
  bool truncated = false; // of the bytes
  bool fds_cut = false;   // of the descriptors
};

/// recvmsg(2) into one part after the other; descriptors are close-on-exec and land in `control`.
template <std::size_t parts_count>
received_message receive_message(int socket, iovec (&parts)[parts_count], rights& control,
                                 unsigned flags) noexcept
{
  abi::message_header message{};
  message.parts = parts;
  message.part_count = parts_count;
  message.control = &control;
  message.control_length = sizeof control;
  received_message result;
  result.size = sys::call(__NR_recvmsg, socket, &message, flags | abi::msg_cmsg_cloexec);
  if (result.size < 0) return result;
  result.truncated = (message.flags & abi::msg_trunc) != 0;
  result.fds_cut = (message.flags & abi::msg_ctrunc) != 0;
  if (message.control_length >= sizeof control.header && control.header.level == abi::sol_socket &&
      control.header.type == abi::scm_rights) {
    result.fds = static_cast<unsigned>((control.header.length - sizeof control.header) / sizeof(int));
  }
  return result;
}

/// sendmsg(2) without SIGPIPE: 0 or the errno.
inline int send_message(int socket, const void* data, std::size_t size, const int* fds, unsigned fd_count,
                        unsigned flags) noexcept
{
  iovec part{const_cast<void*>(data), size};
  rights control;
  abi::message_header message{};
  message.parts = &part;
  message.part_count = 1;
  if (fd_count != 0) {
    control.header.length = sizeof control.header + fd_count * sizeof(int);
    control.header.level = abi::sol_socket;
    control.header.type = abi::scm_rights;
    for (unsigned i = 0; i != fd_count; ++i) control.fds[i] = fds[i];
    message.control = &control;
    message.control_length = (control.header.length + 7) & ~std::size_t{7};
  }
  return sys::error_of(sys::call(__NR_sendmsg, socket, &message, flags | abi::msg_nosignal));
}

/// Errors of sending that pass, without an event that would tell when.
constexpr bool lacks_room(int error) noexcept
{
  // ETOOMANYREFS: descriptors in flight are limited to RLIMIT_NOFILE for each user (unix(7)).
  return error == ETOOMANYREFS || error == ENOBUFS || error == ENOMEM;
}

inline constexpr long room_pause_ms = 5;
/// Half a second: whoever has filled the user's share of descriptors may keep it full.
inline constexpr unsigned room_attempts = 100;

/// The same as send_message(), blocking, and again for a while where the kernel has no room for it.
inline int send_patiently(int socket, const void* data, std::size_t size, const int* fds,
                          unsigned fd_count) noexcept
{
  for (unsigned attempt = 1;; ++attempt) {
    const int error = send_message(socket, data, size, fds, fd_count, 0);
    if (error == EINTR) continue;
    if (!lacks_room(error) || attempt == room_attempts) return error;
    sys::sleep_us(room_pause_ms * 1000);
  }
}

} // namespace linx::spawner
