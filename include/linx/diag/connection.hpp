/// The sockets of one network namespace.
#pragma once

#include <linx/diag/inet_socket.hpp>
#include <linx/diag/unix_socket.hpp>
#include <linx/netlink/connection.hpp>

namespace linx::diag {

/// sock_diag(7) over a `netlink::connection` for NETLINK_SOCK_DIAG. A cheap handle, shared like the
/// connection under it, whose lifetimes, cancellation and concurrency hold for every verb.
///
/// A listing needs no privilege. It is read chunk by chunk and is no snapshot: a socket that moves between
/// the kernel's tables meanwhile may be there twice or not at all, and the kernel does not mark that.
///
/// Errors: of every verb of `netlink::connection`; `stage::kernel`: ENOENT where the kernel lacks the
/// protocol's module (tcp_diag, udp_diag, raw_diag, unix_diag), or the socket is gone.
/// Source: sock_diag(7), linux/inet_diag.h, linux/unix_diag.h.
class LINX_API connection {
public:
  /// On a connection for NETLINK_SOCK_DIAG.
  explicit connection(netlink::connection transport) noexcept : transport_(std::move(transport)) {}

  /// In the calling thread's network namespace, or in another one; see `netlink::connection::open`.
  static result<connection> open(executor ex);
  static result<connection> open(executor ex, const ns::handle& net);
  /// On a socket made elsewhere; see `netlink::connection::adopt`.
  static result<connection> adopt(executor ex, io::unique_fd socket);

  /// Sockets of a protocol over IPv4 and IPv6.
  /// Errors: stage `argument` for a condition that is too long.
  stream<inet_socket> sockets(inet_query query) const;
  stream<unix_socket> sockets(unix_query query) const;

  /// One socket of `protocol`, found by its ends and its cookie; 0 as a cookie finds whichever has these
  /// ends. With TCP statistics and memory.
  task<inet_socket> get(protocol p, inet_socket which) const;

  /// Ends a connection or closes a listener (SOCK_DESTROY, Linux 4.5, CONFIG_INET_DIAG_DESTROY; UDP
  /// since 4.9): its owner sees ECONNABORTED. Exactly the socket that was listed, by its cookie: ENOENT if it
  /// is gone, though another may have the same ends by now.
  ///
  /// Errors: EOPNOTSUPP where the kernel was built without it; EPERM without CAP_NET_ADMIN in the user
  /// namespace that owns the network namespace.
  task<> destroy(protocol p, inet_socket which) const;

  const netlink::connection& transport() const noexcept { return transport_; }

private:
  netlink::connection transport_;
};

} // namespace linx::diag
