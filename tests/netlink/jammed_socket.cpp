#include "netlink/jammed_socket.hpp"

namespace linx::test {

jammed_socket::jammed_socket(bool silent)
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

bool jammed_socket::forge(std::uint32_t sequence)
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

bool jammed_socket::send_garbage(std::size_t size)
{
  const std::vector<std::byte> bytes(size);
  return ::sendto(sender_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT,
                  reinterpret_cast<const sockaddr*>(&address_), sizeof address_) >= 0;
}

void jammed_socket::jam()
{
  while (forge(0)) {
  }
}

} // namespace linx::test
