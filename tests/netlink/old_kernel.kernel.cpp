// Kernels without some of the socket options: a filter of system calls says ENOPROTOOPT, as they do.
#include "harness/run.hpp"
#include "harness/seccomp.hpp"
#include "netlink/network.hpp"

#include <linx/io/unique_fd.hpp>

#include <cerrno>
#include <cstdint>
#include <iostream>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

BOOST_AUTO_TEST_SUITE(netlink_old_kernel_kernel,
                      *boost::unit_test::precondition(linx::test::network_possible))

namespace asio = boost::asio;
namespace netlink = linx::netlink;
using linx::test::add_route;
using linx::test::run;
using linx::test::why;

namespace {

// From now on this process has a kernel older than the option. For a child of the test: nothing takes it
// back.
bool without_option(int option)
{
  // The level is not looked at: nobody here sets an option of another level that has the same number.
  return linx::test::deny({{__NR_setsockopt, ENOPROTOOPT, 2, ~0u, static_cast<std::uint32_t>(option)}});
}

int fail(const std::string& what)
{
  std::cout << what << std::endl;
  return 1;
}

// Runs `body` in a child whose kernel lacks the option.
template <class Body>
void on_a_kernel_without(int option, Body body)
{
  const int status = linx::test::run_in_child([&] {
    if (const auto reason = linx::test::enter_fresh_network()) return linx::test::skip_child(*reason);
    if (!without_option(option)) return linx::test::skip_child("no filter of system calls may be installed");
    const linx::io::unique_fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    const int on = 1;
    if (::setsockopt(fd.get(), SOL_NETLINK, option, &on, sizeof on) == 0)
      return fail("the filter does nothing");
    asio::io_context context(1);
    auto c = netlink::connection::open(context.get_executor(), NETLINK_ROUTE);
    if (!c) return fail(why(c));
    return body(context, c.value());
  });
  if (status != linx::test::child_skipped) BOOST_TEST(status == 0);
}

int switch_of(const linx::io::unique_fd& fd, int option)
{
  int value = -1;
  socklen_t size = sizeof value;
  BOOST_REQUIRE(::getsockopt(fd.get(), SOL_NETLINK, option, &value, &size) == 0);
  return value;
}

} // namespace

// They are on by default where there are any; strict checks may be turned off.
BOOST_FIXTURE_TEST_CASE(the_switches_of_a_connection, linx::test::fresh_network)
{
  for (const bool strict : {true, false}) {
    asio::io_context context(1);
    linx::io::unique_fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    const linx::io::unique_fd same(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
    const auto c = netlink::connection::adopt(context.get_executor(), std::move(fd),
                                              netlink::connection_options().strict_checks(strict));
    BOOST_REQUIRE_MESSAGE(c.has_value(), why(c));
    BOOST_TEST(switch_of(same, NETLINK_EXT_ACK) == 1);
    BOOST_TEST(switch_of(same, NETLINK_CAP_ACK) == 1);
    BOOST_TEST(switch_of(same, NETLINK_GET_STRICT_CHK) == (strict ? 1 : 0));
  }
}

// Before 4.20: a dump cannot be filtered, and lists all.
BOOST_AUTO_TEST_CASE(without_strict_checks_a_dump_lists_all_tables)
{
  on_a_kernel_without(NETLINK_GET_STRICT_CHK, [](asio::io_context& context, netlink::connection c) {
    if (!run(context, linx::test::fill_routes(c, 100))) return fail("routes");
    rtmsg header{};
    header.rtm_family = AF_INET;
    header.rtm_table = RT_TABLE_LOCAL;
    const auto listed = run(context, linx::test::count_messages(c.dump({RTM_GETROUTE, 0, header})));
    if (!listed) return fail(why(listed));
    return listed.value() > 100 ? 0 : fail("filtered all the same");
  });
}

// Before 4.12: an errno and no more.
BOOST_AUTO_TEST_CASE(without_extended_acks_there_is_an_errno)
{
  on_a_kernel_without(NETLINK_EXT_ACK, [](asio::io_context& context, netlink::connection c) {
    auto request = add_route(1);
    if (!run(context, c.submit(request))) return fail("route");
    const auto again = run(context, c.submit(request));
    if (again || again.error().errnum() != EEXIST) return fail("no EEXIST");
    auto wrong = add_route(2);
    wrong.put_u8(RTA_OIF, 1);
    const auto refused = run(context, c.submit(std::move(wrong)));
    if (refused || refused.error().errnum() == 0) return fail("not refused");
    return refused.error().kernel_text().empty() && refused.error().offset() == 0 ? 0 : fail(why(refused));
  });
}

// Before 4.3 a refusal echoes the request. One longer than the reader's buffer is cut, and a refusal all the
// same.
BOOST_AUTO_TEST_CASE(a_refusal_longer_than_the_buffer_is_a_refusal)
{
  on_a_kernel_without(NETLINK_CAP_ACK, [](asio::io_context& context, netlink::connection c) {
    auto request = add_route(1);
    const std::vector<std::byte> junk(50000);
    request.put(RTA_METRICS, junk);
    request.put(RTA_METRICS, junk);
    if (const auto made = run(context, c.submit(request)); !made) return fail("route: " + why(made));
    for (int i = 0; i < 2; ++i) { // cut, and in a buffer that has grown
      const auto refused = run(context, c.submit(request));
      if (refused || refused.error().errnum() != EEXIST) return fail("no EEXIST: " + why(refused));
    }
    return run(context, c.submit(add_route(2))) ? 0 : fail("the connection is broken");
  });
}

BOOST_AUTO_TEST_SUITE_END()
