// Memory fails while several list sockets by one connection: whoever it was for is told, and nobody hangs.
#include "harness/network.hpp"
#include "harness/scarcity.hpp"

#include <linx/core/collect.hpp>
#include <linx/diag/connection.hpp>
#include <linx/diag/inet_socket.hpp>
#include <linx/diag/unix_socket.hpp>
#include <linx/io/unique_fd.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>

BOOST_AUTO_TEST_SUITE(diag_allocation_kernel, *boost::unit_test::precondition(linx::test::network_possible))

namespace asio = boost::asio;
namespace diag = linx::diag;
using linx::errc;
using linx::success;
using linx::task;

namespace {

task<> list_inet(diag::connection c)
{
  LINX_TRY(const auto all, co_await linx::collect(c.sockets(diag::inet_query(diag::protocol::tcp))));
  if (all.size() != 1) co_return errc::conflict;
  LINX_TRY(const auto again, co_await c.get(diag::protocol::tcp, all.front()));
  if (again.inode != all.front().inode) co_return errc::conflict;
  co_return success();
}

task<> list_unix(diag::connection c)
{
  LINX_TRY(const auto all, co_await linx::collect(c.sockets(diag::unix_query())));
  static_cast<void>(all);
  co_return success();
}

} // namespace

BOOST_FIXTURE_TEST_CASE(every_allocation_may_fail, linx::test::fresh_network)
{
  const linx::io::unique_fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  BOOST_REQUIRE(::listen(listener.get(), 1) == 0); // at a port that the kernel chooses
  std::optional<diag::connection> c;
  linx::test::scenario busy;
  busy.begin = [&](asio::io_context& context) {
    c = diag::connection::open(context.get_executor()).value();
    linx::test::scenario::roots roots;
    for (int i = 0; i < 2; ++i) {
      roots.push_back(list_inet(*c));
      roots.push_back(list_unix(*c));
    }
    return roots;
  };
  busy.end = [&](asio::io_context& context) {
    BOOST_TEST(linx::test::run(context, list_inet(*c)).has_value());
    c.reset();
  };
  busy.with_every_allocation_failing();
}

BOOST_AUTO_TEST_SUITE_END()
