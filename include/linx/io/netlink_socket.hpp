/// A netlink socket: datagrams to and from the kernel, and nothing of what is in them.
#pragma once

#include <linx/io/detail/operation.hpp>

#include <boost/asio/buffer.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

#include <linux/netlink.h>
#include <sys/uio.h>

namespace linx::io {

/// Switches of a netlink socket (`SOL_NETLINK`), see netlink(7) and linux/netlink.h.
enum class netlink_option : int {
  ext_ack = NETLINK_EXT_ACK,                 ///< errors carry text and offset (Linux 4.12)
  cap_ack = NETLINK_CAP_ACK,                 ///< errors do not echo the request's payload (4.3)
  strict_chk = NETLINK_GET_STRICT_CHK,       ///< dumps honour the filter in their header (4.20)
  listen_all_nsid = NETLINK_LISTEN_ALL_NSID, ///< events of all network namespaces that have an id here (4.2)
  packet_info = NETLINK_PKTINFO,             ///< the multicast group comes as a control message
  broadcast_error = NETLINK_BROADCAST_ERROR, ///< broadcasts to this socket report their errors to the sender
  no_enobufs = NETLINK_NO_ENOBUFS,           ///< an overrun is silent; lost acknowledgements are too
};

namespace detail {

class netlink_receive_attempt {
public:
  static constexpr auto waits_for = descriptor::wait_read;
  netlink_receive_attempt(asio::mutable_buffer buffer, sockaddr_nl* from) noexcept
      : buffer_(buffer), from_(from)
  {}
  LINX_API std::optional<error_code> perform(int fd) noexcept;

  template <class Self>
  void complete(Self& self, error_code ec)
  {
    self.complete(ec, bytes_);
  }

private:
  asio::mutable_buffer buffer_;
  sockaddr_nl* from_;
  std::size_t bytes_ = 0;
};

class netlink_send_attempt {
public:
  static constexpr auto waits_for = descriptor::wait_write;
  explicit netlink_send_attempt(asio::const_buffer buffer) noexcept : buffer_(buffer) {}
  LINX_API std::optional<error_code> perform(int fd) noexcept;

  template <class Self>
  void complete(Self& self, error_code ec)
  {
    self.complete(ec, bytes_);
  }

private:
  asio::const_buffer buffer_;
  std::size_t bytes_ = 0;
};

} // namespace detail

/// An AF_NETLINK socket, bound to a port id that the kernel chose.
///
/// The kernel runs a request inside send(2), so the reply is there when `try_send` returns: a fast caller
/// sends, calls `try_receive`, and waits only on `EAGAIN`. A socket belongs for ever to the network namespace
/// it was created in.
/// Source: netlink(7).
class LINX_API netlink_socket : public descriptor {
public:
  explicit netlink_socket(executor ex) : descriptor(std::move(ex)) {}
  explicit netlink_socket(execution_context auto& context) : netlink_socket(executor(context.get_executor()))
  {}

  /// Creates and binds a socket in the calling thread's network namespace.
  ///
  /// Parameters: `protocol`: `NETLINK_ROUTE`, `NETLINK_NETFILTER`, ...
  /// Errors: stage `open`, `EPROTONOSUPPORT` if the kernel lacks the protocol; stage `bind`.
  static result<netlink_socket> open(executor ex, int protocol);

  /// Takes over a netlink socket that was made elsewhere, in another network namespace for instance, and
  /// binds it unless it is bound. It must not be shared with a reader that expects it to block.
  ///
  /// Errors: stage `argument` if it is no netlink socket, stage `bind`, stage `open`. It is closed then.
  static result<netlink_socket> adopt(executor ex, unique_fd fd);

  /// The `NETLINK_*` protocol of the socket (`SO_PROTOCOL`).
  /// Errors: stage `configure`.
  result<int> protocol() const;

  /// The port id that replies are sent to (`nl_pid`).
  /// Errors: stage `configure`.
  result<std::uint32_t> port_id() const;

  /// Errors: stage `configure`, `ENOPROTOOPT` if the kernel is older than the option, `EPERM` for
  /// `listen_all_nsid` and `no_enobufs` without `CAP_NET_BROADCAST`.
  result<void> enable(netlink_option option) { return set(option, true); }
  result<void> disable(netlink_option option) { return set(option, false); }

  /// Joins or leaves a multicast group by number (`RTNLGRP_LINK`, ...; not a bit mask).
  ///
  /// Errors: stage `configure`, `EINVAL` if the protocol has no such group, `EPERM`.
  result<void> add_membership(std::uint32_t group);
  result<void> drop_membership(std::uint32_t group);

  /// Asks for a buffer of that many bytes and returns what the kernel granted, in its own counting: twice the
  /// number asked, since it charges its bookkeeping to the buffer (socket(7)).
  ///
  /// With `CAP_NET_ADMIN` in the initial user namespace any size is granted; otherwise the kernel caps it
  /// silently at `net.core.rmem_max` or `wmem_max`, and the return value tells.
  /// Errors: stage `configure`.
  result<std::size_t> set_receive_buffer(std::size_t bytes);
  result<std::size_t> set_send_buffer(std::size_t bytes);
  result<std::size_t> receive_buffer() const;
  result<std::size_t> send_buffer() const;

  /// Takes one datagram without waiting; `from` is its sender, port id 0 for the kernel.
  ///
  /// Errors: stage `receive`: `EAGAIN` if there is none; `ENOBUFS` if datagrams were dropped because the
  /// receive buffer was full; `errc::truncated` if it was longer than `buffer`, and the datagram is gone.
  result<std::size_t> try_receive(std::span<std::byte> buffer, sockaddr_nl& from);

  /// The same, and `length` is that of the whole datagram, also where it was longer than `buffer`: then as
  /// much of it as fits is in `buffer`, and the error has no words.
  result<std::size_t> try_receive(std::span<std::byte> buffer, sockaddr_nl& from,
                                  std::size_t& length) noexcept;

  /// Sends one datagram to the kernel, gathered from the pieces, without waiting.
  ///
  /// Errors: stage `send`: `EMSGSIZE` if it is longer than the send buffer allows, `EAGAIN`.
  result<std::size_t> try_send(std::span<const iovec> pieces);

  /// Waits until the socket can be read or written, with the signature `void(error_code)`. Readiness may be
  /// spurious: another reader took the datagram.
  template <class Token = asio::deferred_t>
  auto async_wait(wait_type what, Token&& token = Token())
  {
    return asio::async_initiate<Token, void(error_code)>(detail::wait_initiation{state_}, token, what);
  }

  /// Receives one datagram, with the signature `void(error_code, std::size_t)`. Errors as of `try_receive`.
  ///
  /// `buffer` and `from` must live until the handler is called.
  /// Cancellation: the datagram stays in the socket.
  template <class Token = asio::deferred_t>
  auto async_receive(asio::mutable_buffer buffer, Token&& token = Token())
  {
    return detail::async_attempt<void(error_code, std::size_t)>(
        state_, detail::netlink_receive_attempt(buffer, nullptr), std::forward<Token>(token));
  }
  template <class Token = asio::deferred_t>
  auto async_receive_from(asio::mutable_buffer buffer, sockaddr_nl& from, Token&& token = Token())
  {
    return detail::async_attempt<void(error_code, std::size_t)>(
        state_, detail::netlink_receive_attempt(buffer, &from), std::forward<Token>(token));
  }

  /// Sends one datagram to the kernel, with the signature `void(error_code, std::size_t)`. `buffer` must live
  /// until the handler is called.
  /// Cancellation: the datagram was not sent.
  template <class Token = asio::deferred_t>
  auto async_send(asio::const_buffer buffer, Token&& token = Token())
  {
    return detail::async_attempt<void(error_code, std::size_t)>(state_, detail::netlink_send_attempt(buffer),
                                                                std::forward<Token>(token));
  }

private:
  result<void> set(netlink_option option, bool on);
};

} // namespace linx::io
