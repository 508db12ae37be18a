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
  explicit jammed_socket(bool silent = false)
      : socket_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)),
        sender_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE))
  {
    sockaddr_nl any{};
    any.nl_family = AF_NETLINK;
    BOOST_REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0);
    socklen_t size = sizeof address_;
    BOOST_REQUIRE(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address_), &size) == 0);
    const int on = 1;
    if (silent)
      BOOST_REQUIRE(::setsockopt(socket_.get(), SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof on) == 0);
  }

  // The socket, for `connection::adopt`.
  io::unique_fd take() noexcept { return std::move(socket_); }

  // One message to the socket that claims to be a refusal of request `sequence`. False if its buffer is full.
  bool forge(std::uint32_t sequence)
  {
    nlmsgerr refusal{};
    refusal.error = -EKEYREJECTED;
    netlink::message_builder forged(NLMSG_ERROR, 0, refusal);
    forged.set_sequence(sequence);
    const auto bytes = forged.bytes();
    const auto n = ::sendto(sender_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT,
                            reinterpret_cast<const sockaddr*>(&address_), sizeof address_);
    BOOST_REQUIRE(n >= 0 || errno == EAGAIN);
    return n >= 0;
  }

  // A datagram of that many bytes, of nobody the socket asked. False if it could not be sent.
  bool send_garbage(std::size_t size)
  {
    const std::vector<std::byte> bytes(size);
    return ::sendto(sender_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT,
                    reinterpret_cast<const sockaddr*>(&address_), sizeof address_) >= 0;
  }

  // Until the buffer is full.
  void jam()
  {
    while (forge(0)) {
    }
  }

private:
  io::unique_fd socket_;
  io::unique_fd sender_;
  sockaddr_nl address_{};
};

} // namespace linx::test
