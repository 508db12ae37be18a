/// TCP, UDP and raw sockets as the kernel lists them.
#pragma once

#include <linx/diag/condition.hpp>
#include <linx/diag/memory.hpp>
#include <linx/diag/state.hpp>
#include <linx/diag/tcp_statistics.hpp>
#include <linx/net/endpoint.hpp>
#include <linx/netlink/message.hpp>

#include <optional>

namespace linx::diag {

/// The numbers are those of IPPROTO_*.
enum class protocol : std::uint8_t { tcp = 6, udp = 17, udp_lite = 136, raw = 255 };

/// Which timer of a TCP socket is running; the numbers are those of idiag_timer.
enum class timer : std::uint8_t { none, retransmission, keepalive, time_wait, zero_window_probe };

LINX_API std::string_view to_string(protocol) noexcept;
LINX_API std::string_view to_string(timer) noexcept;

/// A socket as SOCK_DIAG_BY_FAMILY describes it. What was not asked for, or what the kernel does not tell
/// about sockets of this kind, is empty.
class LINX_API inet_socket {
public:
  inet_socket() = default;

  /// Decodes a reply about a socket of IPv4 or IPv6; nothing for any other message.
  static std::optional<inet_socket> decode(const netlink::message_view&);

  net::family family = net::family::v4; ///< of the socket; an IPv6 socket may have IPv4-mapped addresses
  socket_state state = socket_state::closed;
  net::endpoint local;
  net::endpoint remote;
  std::uint32_t link = 0; ///< index of the interface that it is bound to, 0: none
  std::uint32_t uid = 0;
  std::uint32_t inode = 0;         ///< of /proc/<pid>/fd: "socket:[INODE]"; 0: no process has it open
  std::uint64_t cookie = 0;        ///< never used again for another socket, SO_COOKIE
  std::uint32_t receive_queue = 0; ///< bytes; of a listener: connections to accept
  std::uint32_t send_queue = 0;    ///< bytes; of a listener: the most connections that wait
  diag::timer timer = timer::none;
  std::uint8_t retransmissions = 0;
  std::uint32_t expires_ms = 0; ///< when the timer runs out, in milliseconds

  std::optional<std::uint8_t> shut_down; ///< RCV_SHUTDOWN 1, SEND_SHUTDOWN 2
  std::optional<std::uint8_t> tos;
  std::optional<std::uint8_t> traffic_class; ///< IPv6
  std::optional<bool> only_v6;               ///< IPV6_V6ONLY
  std::optional<std::uint32_t> mark;         ///< SO_MARK; takes CAP_NET_ADMIN
  std::optional<std::uint64_t> cgroup;       ///< id of the cgroup v2, Linux 5.8
  std::optional<diag::memory> memory;
  std::optional<tcp_statistics> tcp;
  std::string congestion_control; ///< "cubic"

  friend bool operator==(const inet_socket&, const inet_socket&) = default;
};

/// "ESTAB 0 0 127.0.0.1:4000 127.0.0.1:5000 uid:0 ino:12 sk:1", in the order of ss(8).
LINX_API std::string to_string(const inet_socket&);

/// A listing of sockets: of one protocol, of both families and in all states unless told otherwise.
class inet_query {
public:
  explicit inet_query(diag::protocol p) noexcept : protocol_(p) {}

  /// Sockets of one family only; without it IPv4 comes first, then IPv6.
  inet_query& family(net::family f) noexcept
  {
    family_ = f;
    return *this;
  }
  inet_query& states(state_set s) noexcept
  {
    states_ = s;
    return *this;
  }
  /// Decided in the kernel: what does not match is not sent.
  inet_query& where(condition c) noexcept
  {
    condition_ = std::move(c);
    return *this;
  }
  /// Asks for `tcp_statistics` and the name of the congestion control.
  inet_query& with_tcp(bool on = true) noexcept
  {
    tcp_ = on;
    return *this;
  }
  /// Asks for `memory`.
  inet_query& with_memory(bool on = true) noexcept
  {
    memory_ = on;
    return *this;
  }

  diag::protocol protocol() const noexcept { return protocol_; }
  std::optional<net::family> family() const noexcept { return family_; }
  state_set states() const noexcept { return states_; }
  const std::optional<condition>& where() const noexcept { return condition_; }
  bool with_tcp() const noexcept { return tcp_; }
  bool with_memory() const noexcept { return memory_; }

private:
  diag::protocol protocol_;
  std::optional<net::family> family_;
  state_set states_;
  std::optional<condition> condition_;
  bool tcp_ = false;
  bool memory_ = false;
};

} // namespace linx::diag
