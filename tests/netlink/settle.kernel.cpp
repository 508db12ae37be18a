// Requests that the kernel leaves without an answer: it has answered by the time send(2) returns, so an empty
// socket says who gets none.
#include "harness/run.hpp"
#include "netlink/jammed_socket.hpp"
#include "netlink/network.hpp"

#include <linx/core/all_of.hpp>
#include <linx/core/spawn.hpp>
#include <linx/core/with_timeout.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <linux/capability.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/syscall.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(netlink_settle_kernel)

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace netlink = linx::netlink;
using linx::errc;
using linx::result;
using linx::success;
using linx::task;
using linx::test::add_route;
using linx::test::run;

namespace {

constexpr std::size_t many = 300;

// A read of nf_tables, which takes CAP_NET_ADMIN like all of nfnetlink.
netlink::message_builder get_generation()
{
  nfgenmsg header{};
  header.version = NFNETLINK_V0;
  return {(NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETGEN, 0, header};
}

std::vector<netlink::message_builder> generations()
{
  return std::vector<netlink::message_builder>(many, get_generation());
}

task<> tolerate(task<> op, std::size_t& refused)
{
  const auto done = co_await std::move(op);
  if (!done && done.error().errnum() == EPERM) ++refused;
  co_return success();
}

task<> list_all(netlink::connection c)
{
  nfgenmsg header{};
  const netlink::message_builder request((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETTABLE, 0, header);
  LINX_TRY(const auto count, co_await linx::test::count_messages(c.dump(request)));
  static_cast<void>(count);
  co_return success();
}

// Many at once on one connection, dumps among them; yields how many were told EPERM.
task<std::size_t> a_crowd(netlink::connection c)
{
  std::size_t refused = 0;
  std::vector<task<>> callers;
  for (std::size_t n = 0; n < many; ++n)
    callers.push_back(tolerate(n % 50 == 7 ? list_all(c) : c.submit(get_generation()), refused));
  auto joined = linx::all_of(std::move(callers));
  LINX_TRYV(co_await std::move(joined));
  co_return refused;
}

// Whoever this is, an ordinary user of his network namespace has no capability either.
bool give_up_capabilities()
{
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3]{};
  return ::syscall(SYS_capset, &header, none) == 0;
}

// Runs `body` as an ordinary user; its value is the child's exit status.
template <class Body>
int as_ordinary_user(const Body& body)
{
  return linx::test::run_in_child([&body] {
    ::alarm(20); // whoever waits for ever is ended
    if (!give_up_capabilities()) return 100;
    asio::io_context context(1);
    const auto c = netlink::connection::open(context.get_executor(), NETLINK_NETFILTER);
    if (!c) return linx::test::child_skipped;
    return body(context, c.value());
  });
}

void expect(int status)
{
  if (status == linx::test::child_skipped)
    BOOST_TEST_MESSAGE("skipped: no nfnetlink");
  else
    BOOST_TEST(status == 0);
}

netlink::connection adopt(asio::io_context& context, linx::test::jammed_socket& socket, bool answers_later)
{
  const auto options = netlink::connection_options().receive_buffer(4096).answers_later(answers_later);
  return linx::test::value_of(netlink::connection::adopt(context.get_executor(), socket.take(), options));
}

} // namespace

// nfnetlink refuses the first message of such a datagram, and says nothing about those behind it.
BOOST_AUTO_TEST_CASE(a_bulk_of_an_ordinary_user_is_refused)
{
  expect(as_ordinary_user([](asio::io_context& context, const netlink::connection& c) {
    const auto refused = run(context, c.bulk(generations()));
    return !refused && refused.error().errnum() == EPERM ? 0 : 1;
  }));
}

BOOST_AUTO_TEST_CASE(each_of_a_batch_of_an_ordinary_user_is_refused)
{
  expect(as_ordinary_user([](asio::io_context& context, const netlink::connection& c) {
    const auto results = run(context, c.batch(generations()));
    if (!results || results.value().size() != many) return 1;
    for (const auto& each : results.value())
      if (each || each.error().errnum() != EPERM) return 2;
    return 0;
  }));
}

BOOST_AUTO_TEST_CASE(each_of_a_crowd_of_an_ordinary_user_is_refused)
{
  expect(as_ordinary_user([](asio::io_context& context, const netlink::connection& c) {
    const auto refused = run(context, a_crowd(c));
    return refused && refused.value() == many ? 0 : 1;
  }));
}

// The answer did not fit the receive buffer, and NETLINK_NO_ENOBUFS hides it.
BOOST_FIXTURE_TEST_CASE(an_answer_lost_without_a_word_is_an_error, linx::test::fresh_network,
                        *boost::unit_test::precondition(linx::test::network_possible))
{
  asio::io_context context(1);
  linx::test::jammed_socket socket(true);
  const auto c = adopt(context, socket, false);
  socket.jam();
  const auto lost = run(context, c.submit(add_route(1)));
  BOOST_REQUIRE(!lost);
  BOOST_TEST((lost.error() == errc::protocol), linx::test::why(lost));
  BOOST_TEST((lost.error().where() == linx::stage::receive));
  BOOST_TEST(run(context, c.submit(add_route(2))).has_value());
}

// Nobody waits any more: then the socket is no reason to go on.
BOOST_FIXTURE_TEST_CASE(a_cancelled_request_does_not_keep_the_context_running, linx::test::fresh_network,
                        *boost::unit_test::precondition(linx::test::network_possible))
{
  asio::io_context context(1);
  linx::test::jammed_socket socket(true);
  const auto c = adopt(context, socket, true);
  socket.jam();
  asio::cancellation_signal cancel;
  std::optional<result<>> ended;
  linx::spawn(context.get_executor(), c.submit(add_route(1)),
              asio::bind_cancellation_slot(cancel.slot(), [&](result<> r) { ended = std::move(r); }));
  context.run_for(5ms);
  BOOST_TEST(!ended.has_value());
  BOOST_TEST(!context.stopped());
  cancel.emit(asio::cancellation_type::total);
  context.restart();
  context.run_for(linx::test::watchdog);
  BOOST_TEST(context.stopped());
  BOOST_REQUIRE(ended.has_value());
  BOOST_TEST((ended->error() == errc::cancelled));
}

BOOST_AUTO_TEST_SUITE_END()
