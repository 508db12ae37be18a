// A netlink socket whose receive buffer somebody else has filled: the only way to keep the kernel from
// answering at once, since it carries requests out inside sendmsg(2).
#pragma once

#include <linx/io/unique_fd.hpp>
#include <linx/netlink/message_builder.hpp>

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <vector>

#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

namespace linx::test {

class jammed_socket {
public:
  // `silent`: NETLINK_NO_ENOBUFS, the loss of an answer is not even reported.
  explicit jammed_socket(bool silent = false);

  // The socket, for `connection::adopt`.
  io::unique_fd take() noexcept { return std::move(socket_); }

  // One message to the socket that claims to be a refusal of request `sequence`. False if its buffer is full.
  bool forge(std::uint32_t sequence);

  // A datagram of that many bytes, of nobody the socket asked. False if it could not be sent.
  bool send_garbage(std::size_t size);

  // Until the buffer is full.
  void jam();

private:
  io::unique_fd socket_;
  io::unique_fd sender_;
  sockaddr_nl address_{};
};

} // namespace linx::test
