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

/// The process that has sent a datagram, as the kernel tells it here (unix(7), struct ucred). Process 0: one
/// that has no number in this pid namespace.
struct sender {
  std::int32_t pid;
  std::uint32_t uid, gid;
};

/// Room for the sender beside descriptors.
struct signed_rights {
  abi::control_header header{};
  sender from{};
  std::uint32_t padding{};
  rights more;
};

struct received_message {
  long size = 0; // or -errno
  unsigned fds = 0;
  bool truncated = false; // of the bytes
  bool fds_cut = false;   // of the descriptors
  const int* first_fd = nullptr;
  sender from{-1, ~0u, ~0u}; // nobody, unless the socket has SO_PASSCRED
};

inline void read_control(const std::byte* control, std::size_t size, received_message& out) noexcept
{
  while (size >= sizeof(abi::control_header)) {
    const auto& header = *reinterpret_cast<const abi::control_header*>(control);
    if (header.length < sizeof header || header.length > size) return;
    const std::byte* const data = control + sizeof header;
    const std::size_t data_size = header.length - sizeof header;
    if (header.level == abi::sol_socket && header.type == abi::scm_rights) {
      out.fds = static_cast<unsigned>(data_size / sizeof(int));
      out.first_fd = reinterpret_cast<const int*>(data);
    } else if (header.level == abi::sol_socket && header.type == abi::scm_credentials &&
               data_size >= sizeof(sender)) {
      __builtin_memcpy(&out.from, data, sizeof(sender));
    }
    const std::size_t padded = (header.length + 7) & ~std::size_t{7};
    if (padded >= size) return;
    control += padded;
    size -= padded;
  }
}

/// recvmsg(2) into one part after the other; descriptors are close-on-exec and land in `control`.
template <std::size_t parts_count, class Control>
received_message receive_message(int socket, iovec (&parts)[parts_count], Control& control,
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
  read_control(reinterpret_cast<const std::byte*>(&control), message.control_length, result);
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
