/// One datagram with descriptors over a SOCK_SEQPACKET socket, never waiting.
#pragma once

#include <linx/core/result.hpp>
#include <linx/io/unique_fd.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace linx::detail {

struct received {
  std::size_t bytes = 0; ///< 0: end of file
  std::vector<io::unique_fd> fds;
  /// Why some that were sent are lost: EMFILE, the descriptor table is full; ENOMEM. 0: none are.
  int lost = 0;
};

/// Errors: stage `receive`, `EAGAIN` if nothing is there. The ECONNRESET that a peer leaves which died with
/// unread messages is passed over: what it has sent before comes after it.
result<received> receive_datagram(int socket, std::span<std::byte> buffer);

/// \param fds borrowed.
/// Errors: stage `send`, `EAGAIN` if the socket is full.
result<> send_datagram(int socket, std::span<const std::byte> bytes, std::span<const int> fds = {});

/// Errors that pass, without an event that would tell when: the kernel has no memory, or the user too many
/// descriptors in flight (unix(7)).
bool lacks_room(const error&) noexcept;

/// Whether sending failed because the other end is closed; with something unread in it, it says so by a
/// reset.
bool peer_has_gone(const error&) noexcept;

} // namespace linx::detail
