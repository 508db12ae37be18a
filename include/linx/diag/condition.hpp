/// Which sockets a listing is about, decided inside the kernel.
#pragma once

#include <linx/core/result.hpp>
#include <linx/net/subnet.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace linx::diag {

/// A condition on ports, addresses, interface and mark, made of tests and the operators `&&`, `||` and `!`:
///
///     const auto web = source_port(80) || source_port(443);
///     const auto query = inet_query(protocol::tcp).where(web && !destination("10.0.0.0/8"_subnet));
///
/// A value: copies share their parts. "Source" is the local end of a socket, "destination" the other one.
///
/// Source: linux/inet_diag.h (INET_DIAG_BC_*), net/ipv4/inet_diag.c.
class LINX_API condition {
public:
  /// The instructions for INET_DIAG_REQ_BYTECODE. They only jump forward, over whole instructions, as the
  /// kernel demands.
  ///
  /// Errors: stage `argument` for a program longer than 65524 bytes, some 3000 tests.
  result<std::vector<std::byte>> compile() const;

  LINX_API friend condition operator&&(condition a, condition b);
  LINX_API friend condition operator||(condition a, condition b);
  LINX_API friend condition operator!(condition a);

  // What it is made of; private to the room.
  class node;
  explicit condition(std::shared_ptr<const node> root) noexcept : root_(std::move(root)) {}

private:
  std::shared_ptr<const node> root_;
};

/// The local port, or the remote one, is this.
LINX_API condition source_port(std::uint16_t port);
LINX_API condition destination_port(std::uint16_t port);
/// ... is in the range, ends included. An empty range matches nothing.
LINX_API condition source_ports(std::uint16_t first, std::uint16_t last);
LINX_API condition destination_ports(std::uint16_t first, std::uint16_t last);
/// The local address, or the remote one, is in the network. An IPv4 network matches IPv4-mapped addresses of
/// IPv6 sockets too.
LINX_API condition source(const net::subnet& network);
LINX_API condition destination(const net::subnet& network);
/// The socket is bound to the interface of this index (SO_BINDTODEVICE).
LINX_API condition bound_to(std::uint32_t link_index);
/// The socket's mark (SO_MARK), Linux 4.16; takes CAP_NET_ADMIN.
LINX_API condition marked(std::uint32_t mark, std::uint32_t mask = 0xffffffff);
/// The kernel chose the local port, nobody did by bind(2).
LINX_API condition automatic_port();

} // namespace linx::diag
