// Datagrams to and from the kernel. The requests are written by hand: no message builder is under test here.
#include <linx/io/netlink_socket.hpp>

#include "harness/namespaces.hpp"
#include "harness/value.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

BOOST_AUTO_TEST_SUITE(io_netlink_socket_kernel)

using namespace linx::io;
using linx::error_code;
using linx::result;
namespace asio = boost::asio;

namespace {

netlink_socket opened(asio::io_context& context, int protocol = NETLINK_ROUTE)
{
  return linx::test::value_of(netlink_socket::open(context.get_executor(), protocol));
}

// The kernel acknowledges it and does nothing else.
nlmsghdr no_operation(std::uint32_t sequence)
{
  nlmsghdr header{};
  header.nlmsg_len = sizeof header;
  header.nlmsg_type = NLMSG_NOOP;
  header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  header.nlmsg_seq = sequence;
  return header;
}

struct link_request {
  nlmsghdr header{};
  ifinfomsg link{};
};

link_request dump_links(std::uint32_t sequence)
{
  link_request request;
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_GETLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.header.nlmsg_seq = sequence;
  request.link.ifi_family = AF_UNSPEC;
  return request;
}

template <class Message>
result<std::size_t> send(netlink_socket& socket, Message message)
{
  const iovec piece{&message, sizeof message};
  return socket.try_send({&piece, 1});
}

template <class Buffer>
nlmsghdr header_of(const Buffer& buffer)
{
  nlmsghdr header;
  std::memcpy(&header, buffer.data(), sizeof header);
  return header;
}

} // namespace

// The reply is there when send returns; waiting for epoll first would cost a system call for nothing.
BOOST_AUTO_TEST_CASE(a_reply_is_there_when_the_request_was_sent)
{
  asio::io_context context;
  auto socket = opened(context);
  const auto sent = send(socket, no_operation(17));
  BOOST_REQUIRE(sent);
  BOOST_TEST(sent.value() == sizeof(nlmsghdr));
  std::array<std::byte, 4096> buffer;
  sockaddr_nl from{};
  from.nl_pid = 99;
  const auto size = socket.try_receive(buffer, from);
  BOOST_REQUIRE(size);
  BOOST_TEST(size.value() >= sizeof(nlmsghdr) + sizeof(int));
  BOOST_TEST(from.nl_pid == 0u);
  const auto header = header_of(buffer);
  BOOST_TEST(header.nlmsg_type == NLMSG_ERROR);
  BOOST_TEST(header.nlmsg_seq == 17u);
  BOOST_TEST(header.nlmsg_pid == socket.port_id().value());

  const auto none = socket.try_receive(buffer, from);
  BOOST_REQUIRE(!none);
  BOOST_TEST(none.error().errnum() == EAGAIN);
  BOOST_TEST((none.error().where() == linx::stage::receive));
}

BOOST_AUTO_TEST_CASE(pieces_are_gathered_into_one_datagram)
{
  asio::io_context context;
  auto socket = opened(context);
  auto first = no_operation(1);
  auto second = no_operation(2);
  const std::array<iovec, 2> pieces{iovec{&first, sizeof first}, iovec{&second, sizeof second}};
  BOOST_TEST(socket.try_send(pieces).value() == 2 * sizeof(nlmsghdr));
  std::array<std::byte, 4096> buffer;
  sockaddr_nl from{};
  for (std::uint32_t sequence = 1; sequence <= 2; ++sequence) {
    BOOST_REQUIRE(socket.try_receive(buffer, from));
    BOOST_TEST(header_of(buffer).nlmsg_seq == sequence);
  }
}

BOOST_AUTO_TEST_CASE(token_functions_send_and_receive)
{
  asio::io_context context;
  auto socket = opened(context);
  std::array<std::byte, 4096> buffer;
  sockaddr_nl from{};
  from.nl_pid = 99;
  std::size_t received = 0;
  // The receive is outstanding when the request goes out, so it takes the way through epoll.
  socket.async_receive_from(asio::buffer(buffer), from, [&](error_code ec, std::size_t size) {
    BOOST_TEST(!ec);
    received = size;
  });
  context.poll();
  BOOST_TEST(received == 0u);
  const auto request = no_operation(5);
  std::size_t sent = 0;
  socket.async_send(asio::buffer(&request, sizeof request),
                    [&](error_code, std::size_t size) { sent = size; });
  context.restart();
  context.run();
  BOOST_TEST(sent == sizeof request);
  BOOST_TEST(received >= sizeof(nlmsghdr));
  BOOST_TEST(from.nl_pid == 0u);
  BOOST_TEST(header_of(buffer).nlmsg_seq == 5u);
}

BOOST_AUTO_TEST_CASE(waits_for_readiness)
{
  asio::io_context context;
  auto socket = opened(context);
  bool writable = false;
  std::optional<error_code> readable;
  socket.async_wait(socket.wait_write, [&](error_code ec) { writable = !ec; });
  socket.async_wait(socket.wait_read, [&](error_code ec) { readable = ec; });
  context.poll();
  BOOST_TEST(writable);
  BOOST_TEST(!readable);
  BOOST_REQUIRE(send(socket, no_operation(1)));
  context.restart();
  context.run();
  BOOST_REQUIRE(readable);
  BOOST_TEST(!*readable);
}

// A datagram that did not fit is gone: reading on as if it were whole would be reading garbage.
BOOST_AUTO_TEST_CASE(a_datagram_longer_than_the_buffer_is_an_error)
{
  asio::io_context context;
  auto socket = opened(context);
  std::array<std::byte, 20> small;
  sockaddr_nl from{};
  BOOST_REQUIRE(send(socket, dump_links(1)));
  const auto cut = socket.try_receive(small, from);
  BOOST_REQUIRE(!cut);
  BOOST_TEST((cut.error() == linx::errc::truncated));
  BOOST_TEST(cut.error().object().find("buffer of 20") != std::string_view::npos);

  auto other = opened(context);
  BOOST_REQUIRE(send(other, dump_links(1)));
  error_code outcome;
  other.async_receive(asio::buffer(small), [&](error_code ec, std::size_t) { outcome = ec; });
  context.run();
  BOOST_TEST(outcome == linx::make_error_code(linx::errc::truncated));
}

BOOST_AUTO_TEST_CASE(a_cancelled_receive_leaves_the_datagram)
{
  for (const auto type : {asio::cancellation_type::terminal, asio::cancellation_type::partial,
                          asio::cancellation_type::total}) {
    asio::io_context context;
    auto socket = opened(context);
    std::array<std::byte, 4096> buffer;
    asio::cancellation_signal signal;
    error_code outcome;
    socket.async_receive(
        asio::buffer(buffer),
        asio::bind_cancellation_slot(signal.slot(), [&](error_code ec, std::size_t) { outcome = ec; }));
    context.poll();
    BOOST_REQUIRE(send(socket, no_operation(1)));
    signal.emit(type);
    context.restart();
    context.run();
    BOOST_TEST(outcome == asio::error::operation_aborted);
    sockaddr_nl from{};
    BOOST_TEST(!!socket.try_receive(buffer, from));
  }
}

// ---- groups and options

BOOST_AUTO_TEST_CASE(a_member_hears_of_changes_and_a_former_member_does_not)
{
  const int outcome = linx::test::run_in_child([] {
    if (auto reason = linx::test::enter_fresh_network()) return linx::test::skip_child(*reason);
    asio::io_context context;
    auto socket = netlink_socket::open(context.get_executor(), NETLINK_ROUTE).value();
    std::array<std::byte, 8192> buffer;
    sockaddr_nl from{};
    if (!socket.add_membership(RTNLGRP_LINK)) return 1;
    if (linx::test::run_command("ip link set lo mtu 4000").status != 0) return 2;
    if (!socket.try_receive(buffer, from)) return 3;
    if (header_of(buffer).nlmsg_type != RTM_NEWLINK) return 4;
    while (socket.try_receive(buffer, from)) {
    }
    if (!socket.drop_membership(RTNLGRP_LINK)) return 5;
    if (linx::test::run_command("ip link set lo mtu 5000").status != 0) return 6;
    return socket.try_receive(buffer, from) ? 7 : 0;
  });
  if (outcome != linx::test::child_skipped) BOOST_TEST(outcome == 0);
}

BOOST_AUTO_TEST_CASE(a_group_that_does_not_exist_is_refused)
{
  asio::io_context context;
  auto socket = opened(context);
  const auto refused = socket.add_membership(4000);
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().errnum() == EINVAL);
  BOOST_TEST(refused.error().object() == "multicast group 4000");
}

BOOST_AUTO_TEST_CASE(options_of_a_request_socket)
{
  asio::io_context context;
  auto socket = opened(context);
  for (const auto option : {netlink_option::ext_ack, netlink_option::cap_ack, netlink_option::strict_chk,
                            netlink_option::packet_info, netlink_option::broadcast_error}) {
    BOOST_TEST(!!socket.enable(option));
    int value = 0;
    socklen_t size = sizeof value;
    BOOST_TEST(::getsockopt(socket.native_handle(), SOL_NETLINK, static_cast<int>(option), &value, &size) ==
               0);
    BOOST_TEST(value == 1);
    BOOST_TEST(!!socket.disable(option));
    BOOST_TEST(::getsockopt(socket.native_handle(), SOL_NETLINK, static_cast<int>(option), &value, &size) ==
               0);
    BOOST_TEST(value == 0);
  }
  const auto unknown = socket.enable(static_cast<netlink_option>(250));
  BOOST_REQUIRE(!unknown);
  BOOST_TEST(unknown.error().errnum() == ENOPROTOOPT);
}

BOOST_AUTO_TEST_CASE(buffers_say_what_was_granted)
{
  asio::io_context context;
  auto socket = opened(context);
  const auto granted = socket.set_receive_buffer(64 * 1024);
  BOOST_REQUIRE(granted);
  BOOST_TEST(granted.value() == 128u * 1024);
  BOOST_TEST(socket.receive_buffer().value() == granted.value());
  const auto sending = socket.set_send_buffer(64 * 1024);
  BOOST_REQUIRE(sending);
  BOOST_TEST(sending.value() == 128u * 1024);
  BOOST_TEST(socket.send_buffer().value() == sending.value());
  BOOST_TEST(!!socket.set_receive_buffer(std::size_t(1) << 40)); // more than an int: as much as there is
}

// Where SO_RCVBUFFORCE is EPERM the plain option still gives something, and the caller learns how much.
BOOST_AUTO_TEST_CASE(without_privilege_the_plain_option_is_used)
{
  const int outcome = linx::test::run_in_child([] {
    if (auto reason = linx::test::enter_fresh_user_network()) return linx::test::skip_child(*reason);
    asio::io_context context;
    auto socket = netlink_socket::open(context.get_executor(), NETLINK_ROUTE).value();
    const int forced = 1 << 20;
    if (::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVBUFFORCE, &forced, sizeof forced) == 0)
      return 1;
    const auto granted = socket.set_receive_buffer(64 * 1024);
    return granted && granted.value() == 128 * 1024 ? 0 : 2;
  });
  if (outcome != linx::test::child_skipped) BOOST_TEST(outcome == 0);
}

// ---- opening and adopting

BOOST_AUTO_TEST_CASE(every_socket_has_a_port_of_its_own_and_is_close_on_exec)
{
  asio::io_context context;
  auto a = opened(context);
  auto b = opened(context);
  BOOST_TEST(a.port_id().value() != 0u);
  BOOST_TEST(a.port_id().value() != b.port_id().value());
  BOOST_TEST(a.protocol().value() == NETLINK_ROUTE);
  BOOST_TEST((::fcntl(a.native_handle(), F_GETFD) & FD_CLOEXEC) != 0);
}

BOOST_AUTO_TEST_CASE(a_protocol_that_the_kernel_lacks_is_named)
{
  asio::io_context context;
  const auto socket = netlink_socket::open(context.get_executor(), 31);
  BOOST_REQUIRE(!socket);
  BOOST_TEST(socket.error().errnum() == EPROTONOSUPPORT);
  BOOST_TEST(socket.error().object() == "netlink protocol 31");
}

BOOST_AUTO_TEST_CASE(adopts_bound_and_unbound_sockets_and_nothing_else)
{
  asio::io_context context;
  unique_fd raw(
      ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)); // blocking, as a stranger makes it
  auto adopted = netlink_socket::adopt(context.get_executor(), std::move(raw));
  BOOST_REQUIRE(adopted);
  const auto port = adopted.value().port_id().value();
  BOOST_TEST(port != 0u);
  std::array<std::byte, 64> buffer;
  sockaddr_nl from{};
  BOOST_TEST(adopted.value().try_receive(buffer, from).error().errnum() == EAGAIN); // never blocks

  auto again = netlink_socket::adopt(context.get_executor(), adopted.value().release());
  BOOST_REQUIRE(again);
  BOOST_TEST(again.value().port_id().value() == port);

  auto file =
      netlink_socket::adopt(context.get_executor(), unique_fd(::open("/dev/null", O_RDONLY | O_CLOEXEC)));
  BOOST_REQUIRE(!file);
  BOOST_TEST((file.error().where() == linx::stage::argument));
  auto local = netlink_socket::adopt(context.get_executor(),
                                     unique_fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  BOOST_REQUIRE(!local);
  BOOST_TEST((local.error().where() == linx::stage::argument));
}

BOOST_AUTO_TEST_SUITE_END()
