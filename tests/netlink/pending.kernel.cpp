// Requests that are not answered at once: lost answers, forged ones, cancels, handles and contexts that go
// first.
#include "harness/run.hpp"
#include "netlink/connection_access.hpp"
#include "netlink/jammed_socket.hpp"
#include "netlink/network.hpp"

#include <linx/core/spawn.hpp>
#include <linx/core/with_timeout.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>

#include <chrono>

BOOST_AUTO_TEST_SUITE(netlink_pending_kernel, *boost::unit_test::precondition(linx::test::network_possible))

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace netlink = linx::netlink;
using linx::errc;
using linx::result;
using linx::success;
using linx::task;
using linx::test::add_route;
using linx::test::open_netlink;
using linx::test::run;

namespace {

netlink::connection adopt(asio::io_context& context, linx::test::jammed_socket& socket)
{
  return linx::test::value_of(netlink::connection::adopt(context.get_executor(), socket.take(),
                                                         netlink::connection_options().receive_buffer(4096)));
}

// One on which a request waits for ever once the socket is jammed.
netlink::connection adopt_patient(asio::io_context& context, linx::test::jammed_socket& socket)
{
  const auto options = netlink::connection_options().receive_buffer(4096).answers_later();
  return linx::test::value_of(netlink::connection::adopt(context.get_executor(), socket.take(), options));
}

std::string routes()
{
  return linx::test::run_command("ip -4 route show table main").output;
}

} // namespace

// A forged refusal lies in the socket before the kernel's own answer.
BOOST_FIXTURE_TEST_CASE(a_forged_answer_is_not_believed, linx::test::fresh_network)
{
  asio::io_context context(1);
  linx::test::jammed_socket socket;
  const auto c = adopt(context, socket);
  const auto next = netlink::detail::connection_access::state(c)->requests().next_sequence();
  for (std::uint32_t n = 0; n < 4; ++n) BOOST_REQUIRE(socket.forge(next + n));
  BOOST_TEST(run(context, c.submit(add_route(1))).has_value());
}

// A datagram longer than the reader's buffer is cut: from the kernel that is a lost answer, from others
// nothing.
BOOST_FIXTURE_TEST_CASE(a_long_datagram_of_others_loses_no_answer, linx::test::fresh_network)
{
  asio::io_context context(1);
  linx::test::jammed_socket socket;
  auto adopted = netlink::connection::adopt(context.get_executor(), socket.take());
  BOOST_REQUIRE(adopted.has_value());
  for (int i = 0; i < 3; ++i) BOOST_REQUIRE(socket.send_garbage(100 * 1024));
  for (std::uint32_t n = 0; n < 3; ++n) {
    const auto done = run(context, adopted.value().submit(add_route(n)));
    BOOST_TEST(done.has_value(), linx::test::why(done));
  }
}

// The kernel drops the answer and says so. What is unanswered then has to be told, not waited for.
BOOST_FIXTURE_TEST_CASE(a_lost_answer_is_an_overrun_and_the_next_request_works, linx::test::fresh_network)
{
  asio::io_context context(1);
  linx::test::jammed_socket socket;
  const auto c = adopt(context, socket);
  socket.jam();
  const auto lost = run(context, c.submit(add_route(1)));
  BOOST_REQUIRE(!lost);
  BOOST_TEST((lost.error() == errc::overrun));
  BOOST_TEST((lost.error().where() == linx::stage::receive));
  BOOST_TEST(routes().find("10.0.0.1 ") != std::string::npos); // it was carried out
  BOOST_TEST(run(context, c.submit(add_route(2))).has_value());
}

// The kernel goes on with a dump when the reader has made room: what it says about the full buffer is no
// reason to give up a dump that arrives.
BOOST_FIXTURE_TEST_CASE(a_dump_into_a_full_buffer_is_whole, linx::test::fresh_network)
{
  asio::io_context context(1);
  linx::test::jammed_socket socket;
  const auto c = adopt(context, socket);
  BOOST_REQUIRE(run(context, linx::test::fill_routes(open_netlink(context), 2000)).has_value());
  for (const bool incremental : {false, true}) {
    socket.jam();
    const auto options = netlink::dump_options().incremental(incremental);
    const auto listed = run(context, linx::test::count_messages(c.dump(linx::test::list_routes(), options)));
    BOOST_REQUIRE_MESSAGE(listed.has_value(), linx::test::why(listed));
    BOOST_TEST(listed.value() == 2000u);
  }
}

namespace {

// Two requests: one whose answer never comes, and one that follows it.
task<> lose_one_and_go_on(netlink::connection c)
{
  auto limited = linx::with_timeout(c.submit(add_route(1)), 20ms);
  const auto first = co_await std::move(limited);
  BOOST_REQUIRE(!first);
  BOOST_TEST((first.error() == errc::timed_out));
  LINX_TRYV(co_await c.submit(add_route(2)));
  LINX_TRY(auto listed, co_await linx::test::count_messages(c.dump(linx::test::list_routes())));
  BOOST_TEST(listed == 2u);
  co_return success();
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_request_cancelled_after_it_was_sent_disturbs_nobody, linx::test::fresh_network)
{
  asio::io_context context(1);
  linx::test::jammed_socket socket(true);
  const auto c = adopt_patient(context, socket);
  socket.jam();
  const auto done = run(context, lose_one_and_go_on(c));
  BOOST_TEST(done.has_value());
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_request_says_whether_it_was_sent, linx::test::fresh_network)
{
  asio::io_context context(1);
  {
    linx::test::jammed_socket socket(true);
    const auto c = adopt_patient(context, socket);
    socket.jam();
    asio::cancellation_signal cancel;
    std::optional<result<>> ended;
    linx::spawn(context.get_executor(), c.submit(add_route(1)),
                asio::bind_cancellation_slot(cancel.slot(), [&](result<> r) { ended = std::move(r); }));
    context.run_for(5ms);
    BOOST_TEST(!ended.has_value());
    cancel.emit(asio::cancellation_type::total);
    context.restart();
    context.run_for(100ms);
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST((ended->error() == errc::cancelled));
    BOOST_TEST((ended->error().where() == linx::stage::receive));
    BOOST_TEST(routes().find("10.0.0.1 ") != std::string::npos);
  }
  const auto c = open_netlink(context);
  asio::cancellation_signal cancel;
  std::optional<result<>> ended;
  linx::spawn(context.get_executor(), c.submit(add_route(2)),
              asio::bind_cancellation_slot(cancel.slot(), [&](result<> r) { ended = std::move(r); }));
  cancel.emit(asio::cancellation_type::terminal);
  context.restart();
  context.run();
  BOOST_REQUIRE(ended.has_value());
  BOOST_TEST((ended->error() == errc::cancelled));
  BOOST_TEST((ended->error().where() != linx::stage::receive));
  BOOST_TEST(routes().find("10.0.0.2 ") == std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(dropping_the_last_handle_ends_what_is_pending, linx::test::fresh_network)
{
  asio::io_context context(1);
  linx::test::jammed_socket socket(true);
  std::optional<netlink::connection> c = adopt_patient(context, socket);
  std::optional<netlink::connection> copy = c;
  socket.jam();
  std::optional<result<>> ended;
  linx::spawn(context.get_executor(), c->submit(add_route(1)), [&](result<> r) { ended = std::move(r); });
  context.run_for(5ms);
  c.reset();
  context.restart();
  context.run_for(5ms);
  BOOST_TEST(!ended.has_value());
  copy.reset();
  context.restart();
  context.run_for(1s);
  BOOST_REQUIRE(ended.has_value());
  BOOST_TEST((ended->error() == errc::closed));
  BOOST_TEST(context.stopped());
}

// ASan and LSan are the judges: frames, sockets and parked handlers of a context that dies.
BOOST_FIXTURE_TEST_CASE(a_context_may_die_with_requests_pending, linx::test::fresh_network)
{
  const auto before = linx::test::open_descriptors();
  {
    linx::test::jammed_socket socket(true);
    std::optional<netlink::connection> survivor;
    {
      auto context = std::make_unique<asio::io_context>(1);
      survivor = adopt_patient(*context, socket);
      socket.jam();
      for (std::uint32_t n = 0; n < 3; ++n)
        linx::spawn(context->get_executor(), survivor->submit(add_route(n)), asio::detached);
      auto never_read = survivor->dump(linx::test::list_routes());
      linx::spawn(context->get_executor(), linx::test::count_messages(std::move(never_read)),
                  [](result<std::size_t>) {});
      context->run_for(5ms);
      context.reset();
    }
    BOOST_TEST(!survivor->is_open());
    asio::io_context other(1);
    BOOST_TEST((run(other, survivor->submit(add_route(9))).error() == errc::closed));
  }
  BOOST_TEST(linx::test::open_descriptors() == before);
}

BOOST_FIXTURE_TEST_CASE(verbs_after_close_say_closed, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open_netlink(context);
  c.close();
  BOOST_TEST(!c.is_open());
  BOOST_TEST((run(context, c.submit(add_route(1))).error() == errc::closed));
  BOOST_TEST(
      (run(context, linx::test::count_messages(c.dump(linx::test::list_routes()))).error() == errc::closed));
  const auto raw = add_route(1);
  const std::vector<std::byte> batch(raw.bytes().begin(), raw.bytes().end());
  BOOST_TEST((run(context, c.transact(batch)).error() == errc::closed));
}

BOOST_AUTO_TEST_SUITE_END()
