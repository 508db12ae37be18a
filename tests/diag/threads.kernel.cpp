// One connection that lists sockets, used from four threads.
#include "harness/threads.hpp"
#include "harness/network.hpp"
#include "harness/run.hpp"

#include <linx/core/collect.hpp>
#include <linx/core/spawn.hpp>
#include <linx/diag/connection.hpp>
#include <linx/diag/inet_socket.hpp>
#include <linx/diag/unix_socket.hpp>
#include <linx/io/unique_fd.hpp>

#include <boost/asio/post.hpp>

#include <chrono>
#include <set>
#include <thread>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

BOOST_AUTO_TEST_SUITE(diag_threads_kernel, *boost::unit_test::precondition(linx::test::network_possible))

namespace asio = boost::asio;
namespace diag = linx::diag;
using linx::errc;
using linx::success;
using linx::task;
using linx::io::unique_fd;
using linx::test::threads;
using linx::test::value_of;

namespace {

std::uint32_t inode_of(const unique_fd& fd)
{
  struct stat st {};
  BOOST_REQUIRE(::fstat(fd.get(), &st) == 0);
  return static_cast<std::uint32_t>(st.st_ino);
}

// Listeners of TCP and sockets of the file system's family, in a namespace of the test's own.
class some_sockets : public linx::test::fresh_network {
public:
  some_sockets()
  {
    for (int n = 0; n < 100; ++n) {
      unique_fd tcp(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      BOOST_REQUIRE(::bind(tcp.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
      BOOST_REQUIRE(::listen(tcp.get(), 1) == 0);
      inet.insert(inode_of(tcp));
      sockets_.push_back(std::move(tcp));
      unique_fd own(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
      sa_family_t unnamed = AF_UNIX; // the kernel chooses an abstract name
      BOOST_REQUIRE(::bind(own.get(), reinterpret_cast<const sockaddr*>(&unnamed), sizeof unnamed) == 0);
      local.insert(inode_of(own));
      sockets_.push_back(std::move(own));
    }
  }

  std::set<std::uint32_t> inet, local;

private:
  std::vector<unique_fd> sockets_;
};

task<> list_inet(diag::connection c, const std::set<std::uint32_t>& wanted, int rounds)
{
  while (rounds-- > 0) {
    LINX_TRY(const auto all, co_await linx::collect(c.sockets(diag::inet_query(diag::protocol::tcp))));
    std::set<std::uint32_t> found;
    for (const auto& each : all) found.insert(each.inode);
    if (found != wanted) co_return errc::conflict;
    LINX_TRY(const auto one, co_await c.get(diag::protocol::tcp, all.front()));
    if (one.inode != all.front().inode || one.cookie != all.front().cookie) co_return errc::conflict;
  }
  co_return success();
}

task<> list_unix(diag::connection c, const std::set<std::uint32_t>& wanted, int rounds)
{
  while (rounds-- > 0) {
    LINX_TRY(const auto all, co_await linx::collect(c.sockets(diag::unix_query())));
    std::set<std::uint32_t> found;
    for (const auto& each : all) found.insert(each.inode);
    if (found != wanted) co_return errc::conflict;
  }
  co_return success();
}

task<> list_and_leave(diag::connection c, int rounds)
{
  for (int round = 0; round < rounds; ++round) {
    auto listed = c.sockets(diag::inet_query(diag::protocol::tcp));
    for (int n = 0; n < round % 5; ++n) {
      LINX_TRY(const auto next, co_await listed.next());
      if (!next) co_return errc::conflict;
    }
  }
  co_return success();
}

} // namespace

BOOST_FIXTURE_TEST_CASE(one_connection_is_used_from_four_threads, some_sockets)
{
  for (const auto kind : {threads::kind::context, threads::kind::pool}) {
    threads pool(kind);
    const auto home = pool.strand();
    const auto c = value_of(diag::connection::open(home));
    for (int n = 0; n < 3; ++n) {
      pool.start(list_inet(c, inet, 10));
      pool.start(pool.strand(), list_unix(c, local, 10));
      pool.start(list_and_leave(c, 20));
    }
    pool.start(home, list_inet(c, inet, 10));
    pool.check();
  }
}

BOOST_FIXTURE_TEST_CASE(a_connection_is_opened_and_dropped_on_any_thread, some_sockets)
{
  threads pool;
  const auto first = value_of(diag::connection::open(pool.bare()));
  const auto before = linx::test::open_descriptors();
  for (int round = 0; round < 100; ++round) {
    auto c = value_of(diag::connection::open(round % 3 == 0 ? pool.strand() : pool.bare()));
    pool.start(list_inet(c, inet, round % 2));
    pool.start(list_and_leave(c, round % 6));
    if (round % 2 == 0) asio::post(pool.strand(), [mine = std::move(c)] {});
    if (round % 10 == 0) pool.check();
  }
  pool.check();
  BOOST_TEST(linx::test::settled_descriptors(before) == before);
}

namespace {

task<> until_closed(diag::connection c, const std::set<std::uint32_t>& wanted)
{
  for (;;) {
    auto listing = list_inet(c, wanted, 1);
    const auto listed = co_await std::move(listing);
    if (!listed && listed.error() == errc::closed) co_return success();
    if (!listed) co_return listed.error();
  }
}

} // namespace

// The context of a connection is destroyed while four threads of another one use it: no call is lost.
BOOST_FIXTURE_TEST_CASE(a_context_dies_under_those_who_use_its_connection, some_sockets)
{
  threads users;
  for (int round = 0; round < 15; ++round) {
    const auto before = linx::test::open_descriptors();
    threads owner(round % 2 == 0 ? threads::kind::context : threads::kind::pool, 2);
    {
      const auto c = value_of(diag::connection::open(owner.bare()));
      for (int n = 0; n < 4; ++n) users.start(until_closed(c, inet));
      // roots of the context itself vanish with it
      linx::spawn(owner.bare(), until_closed(c, inet), [](const linx::result<>&) {});
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(round % 5));
    owner.kill();
    users.check();
    BOOST_TEST(linx::test::open_descriptors() <= before);
  }
}

BOOST_AUTO_TEST_SUITE_END()
