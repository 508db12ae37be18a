/// Unix sockets as the kernel lists them.
#pragma once

#include <linx/diag/memory.hpp>
#include <linx/diag/state.hpp>
#include <linx/netlink/message.hpp>

#include <optional>
#include <string>
#include <vector>

namespace linx::diag {

/// The numbers are those of SOCK_*.
enum class unix_type : std::uint8_t { stream = 1, datagram = 2, sequenced_packet = 5 };

LINX_API std::string_view to_string(unix_type) noexcept;

/// A socket as SOCK_DIAG_BY_FAMILY describes it, unix(7).
class LINX_API unix_socket {
public:
  unix_socket() = default;

  /// Decodes a reply about a Unix socket; nothing for any other message.
  static std::optional<unix_socket> decode(const netlink::message_view&);

  unix_type type = unix_type::stream;
  socket_state state = socket_state::closed;
  std::uint32_t inode = 0;
  std::uint64_t cookie = 0;           ///< never used again for another socket, SO_COOKIE
  std::string name;                   ///< a path, or an abstract name with its leading NUL; empty: not bound
  std::uint32_t peer = 0;             ///< inode of the socket that it is connected to, 0: none
  std::vector<std::uint32_t> pending; ///< of a listener: inodes of connections to accept
  std::optional<std::uint32_t> file_inode; ///< of the path, and its device below
  std::optional<std::uint32_t> file_device;
  std::optional<std::uint32_t> receive_queue; ///< bytes; of a listener: connections to accept
  std::optional<std::uint32_t> send_queue;    ///< bytes; of a listener: the most connections that wait
  std::optional<std::uint32_t> uid;           ///< Linux 5.3
  std::optional<std::uint8_t> shut_down;      ///< RCV_SHUTDOWN 1, SEND_SHUTDOWN 2
  std::optional<diag::memory> memory;

  friend bool operator==(const unix_socket&, const unix_socket&) = default;
};

/// "stream LISTEN 0 4 /run/socket ino:12 peer:0"; "@name" for an abstract one.
LINX_API std::string to_string(const unix_socket&);

/// A listing of Unix sockets, in all states unless told otherwise.
class unix_query {
public:
  unix_query& states(state_set s) noexcept
  {
    states_ = s;
    return *this;
  }
  /// Asks for `memory`.
  unix_query& with_memory(bool on = true) noexcept
  {
    memory_ = on;
    return *this;
  }

  state_set states() const noexcept { return states_; }
  bool with_memory() const noexcept { return memory_; }

private:
  state_set states_;
  bool memory_ = false;
};

} // namespace linx::diag
