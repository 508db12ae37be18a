// The budget of the hot paths: once warm, an operation takes no memory, whether it completes at once or
// waits.
#include <linx/io/netlink_socket.hpp>

#include "harness/allocations.hpp"
#include "io/event.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <array>

#include <sys/socket.h>

BOOST_AUTO_TEST_SUITE(io_allocation_kernel)

using namespace linx::io;
using linx::test::allocations;
using linx::test::event;
using linx::test::on;
namespace asio = boost::asio;

namespace {

constexpr int warm_up = 10;
constexpr int rounds = 100;

// Runs `step` in a coroutine until it is warm, then counts.
template <class Step>
std::size_t allocated_by(asio::io_context& context, Step& step)
{
  std::size_t before = 0;
  std::size_t after = 0;
  const auto body = [&]() -> asio::awaitable<void> {
    for (int n = 0; n < warm_up; ++n) co_await step();
    before = allocations::count();
    for (int n = 0; n < rounds; ++n) co_await step();
    after = allocations::count();
  };
  asio::co_spawn(context, body, asio::detached);
  context.run();
  return after - before;
}

nlmsghdr no_operation()
{
  nlmsghdr header{};
  header.nlmsg_len = sizeof header;
  header.nlmsg_type = NLMSG_NOOP;
  header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  return header;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_wait_that_completes_at_once)
{
  asio::io_context context;
  const event e;
  auto fd = on(context.get_executor(), e);
  e.signal();
  auto step = [&] { return fd.async_wait(); };
  BOOST_TEST(allocated_by(context, step) == 0u);
}

BOOST_AUTO_TEST_CASE(a_receive_that_waits_for_epoll)
{
  asio::io_context context;
  auto socket = netlink_socket::open(context.get_executor(), NETLINK_ROUTE).value();
  auto message = no_operation();
  const iovec piece{&message, sizeof message};
  std::array<std::byte, 256> buffer;
  // The datagram arrives while the receive is outstanding: the write side is always ready and sends it.
  auto step = [&] {
    socket.async_wait(socket.wait_write, [&](linx::error_code) { (void)socket.try_send({&piece, 1}); });
    return socket.async_receive(asio::buffer(buffer));
  };
  BOOST_TEST(allocated_by(context, step) == 0u);
}

BOOST_AUTO_TEST_CASE(a_request_whose_answer_is_there_already)
{
  asio::io_context context;
  auto socket = netlink_socket::open(context.get_executor(), NETLINK_ROUTE).value();
  auto message = no_operation();
  const iovec piece{&message, sizeof message};
  std::array<std::byte, 256> buffer;
  sockaddr_nl from{};
  const auto before = allocations::count();
  for (int n = 0; n < rounds; ++n) {
    BOOST_REQUIRE(socket.try_send({&piece, 1}));
    BOOST_REQUIRE(socket.try_receive(buffer, from));
    BOOST_REQUIRE(!socket.try_receive(buffer, from)); // EAGAIN is a value too, and costs nothing
  }
  BOOST_TEST(allocations::count() - before == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
