/// States of sockets.
#pragma once

#include <linx/core/config.hpp>

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace linx::diag {

/// The kernel's TCP_* states (net/tcp_states.h), which all protocols share: an unconnected UDP or datagram
/// socket is `closed`, a connected one `established`.
enum class socket_state : std::uint8_t {
  established = 1,
  syn_sent,
  syn_received,
  fin_wait1,
  fin_wait2,
  time_wait,
  closed,
  close_wait,
  last_ack,
  listen,
  closing,
  new_syn_received, ///< the request sockets of a listener
};

/// "ESTAB", "LISTEN", "UNCONN", as ss(8) prints them.
LINX_API std::string_view to_string(socket_state) noexcept;

/// A set of states.
class state_set {
public:
  /// Every state.
  constexpr state_set() noexcept = default;
  constexpr state_set(std::initializer_list<socket_state> states) noexcept : bits_(0)
  {
    for (const auto s : states) bits_ |= bit(s);
  }
  static constexpr state_set all() noexcept { return {}; }

  constexpr bool contains(socket_state s) const noexcept { return (bits_ & bit(s)) != 0; }
  /// As idiag_states has it: bit n is state n.
  constexpr std::uint32_t bits() const noexcept { return bits_; }

private:
  static constexpr std::uint32_t bit(socket_state s) noexcept { return 1u << static_cast<unsigned>(s); }

  std::uint32_t bits_ = 0xffffffff;
};

} // namespace linx::diag
