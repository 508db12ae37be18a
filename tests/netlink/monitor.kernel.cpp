// Multicast groups: nothing is lost in silence.
#include "harness/run.hpp"
#include "netlink/jammed_socket.hpp"
#include "netlink/network.hpp"

#include <linx/core/spawn.hpp>
#include <linx/core/with_timeout.hpp>
#include <linx/netlink/monitor.hpp>
#include <linx/ns/handle.hpp>

BOOST_AUTO_TEST_SUITE(netlink_monitor_kernel, *boost::unit_test::precondition(linx::test::network_possible))

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace netlink = linx::netlink;
using linx::errc;
using linx::task;
using linx::test::add_route;
using linx::test::open_netlink;
using linx::test::run;
using linx::test::why;

namespace {

netlink::monitor_options route_events()
{
  return netlink::monitor_options().group(RTNLGRP_IPV4_ROUTE);
}

linx::stream<netlink::notification> open_monitor(asio::io_context& context, netlink::monitor_options options)
{
  return linx::test::value_of(netlink::monitor::open(context.get_executor(), NETLINK_ROUTE, options));
}

class tally {
public:
  std::size_t events = 0;
  std::size_t losses = 0;
};

// Awaitable: reads until the stream has been silent for a while.
task<tally> read_all(linx::stream<netlink::notification>& events)
{
  tally seen;
  for (;;) {
    auto limited = linx::with_timeout(events.next(), 50ms);
    auto next = co_await std::move(limited);
    if (!next) {
      if (next.error() == errc::timed_out) co_return seen;
      co_return std::move(next).error();
    }
    BOOST_REQUIRE(next.value().has_value());
    if (std::holds_alternative<netlink::lost>(*next.value()))
      ++seen.losses;
    else
      ++seen.events;
  }
}

// Awaitable: reads until there are so many events, or one is lost.
task<tally> read_until(linx::stream<netlink::notification> events, std::size_t wanted)
{
  tally seen;
  while (seen.events < wanted && seen.losses == 0) {
    LINX_TRY(auto next, co_await events.next());
    BOOST_REQUIRE(next.has_value());
    if (std::holds_alternative<netlink::lost>(*next))
      ++seen.losses;
    else
      ++seen.events;
  }
  co_return seen;
}

} // namespace

// facts: the default buffer of a socket holds 256 events and loses 69 % of a flood.
BOOST_FIXTURE_TEST_CASE(a_burst_is_held_by_the_default_buffer, linx::test::fresh_network)
{
  asio::io_context context(1), elsewhere(1);
  auto events = open_monitor(context, route_events());
  BOOST_REQUIRE(run(elsewhere, linx::test::fill_routes(open_netlink(elsewhere), 4000)).has_value());
  const auto seen = run(context, read_all(events));
  BOOST_REQUIRE_MESSAGE(seen.has_value(), why(seen));
  BOOST_TEST(seen.value().events == 4000u);
  BOOST_TEST(seen.value().losses == 0u);
}

// issue: a flood of 50,000 events, none lost with an idle consumer at default settings. The buffer holds
// 10,000: the others must have been read meanwhile. Flood and consumer share a thread, so that no scheduler
// decides this.
BOOST_FIXTURE_TEST_CASE(a_flood_beside_its_consumer_loses_nothing, linx::test::fresh_network)
{
  constexpr std::uint32_t many = 30000;
  asio::io_context context(1);
  auto events = open_monitor(context, route_events());
  std::optional<linx::result<>> filled;
  linx::spawn(context.get_executor(), linx::test::fill_routes(open_netlink(context), many),
              [&](linx::result<> r) { filled.emplace(std::move(r)); });
  const auto seen = run(context, read_until(std::move(events), many));
  BOOST_REQUIRE_MESSAGE(seen.has_value(), why(seen));
  BOOST_TEST(seen.value().losses == 0u);
  BOOST_TEST(seen.value().events == many);
  context.restart();
  while (!filled && context.run_one() != 0) {
  }
  BOOST_REQUIRE(filled.has_value());
  BOOST_TEST(filled->has_value());
}

BOOST_FIXTURE_TEST_CASE(an_overrun_is_a_value_and_the_stream_goes_on, linx::test::fresh_network)
{
  asio::io_context context(1), elsewhere(1);
  auto events = open_monitor(context, route_events().receive_buffer(8192));
  const auto c = open_netlink(elsewhere);
  BOOST_REQUIRE(run(elsewhere, linx::test::fill_routes(c, 1000)).has_value());
  const auto seen = run(context, read_all(events));
  BOOST_REQUIRE_MESSAGE(seen.has_value(), why(seen));
  BOOST_TEST(seen.value().losses == 1u);
  BOOST_TEST(seen.value().events < 1000u);
  BOOST_REQUIRE(run(elsewhere, c.submit(add_route(5000))).has_value());
  const auto after = run(context, read_all(events));
  BOOST_TEST(after.value().events == 1u);
  BOOST_TEST(after.value().losses == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_read_loses_no_event, linx::test::fresh_network)
{
  asio::io_context context(1);
  auto events = open_monitor(context, route_events());
  auto limited = linx::with_timeout(events.next(), 1ms);
  BOOST_TEST((run(context, std::move(limited)).error() == errc::timed_out));
  BOOST_REQUIRE(run(context, open_netlink(context).submit(add_route(1))).has_value());
  BOOST_TEST(run(context, read_all(events)).value().events == 1u);
}

BOOST_FIXTURE_TEST_CASE(dropping_the_stream_ends_a_pending_read, linx::test::fresh_network)
{
  asio::io_context context(1);
  auto events = std::make_optional(open_monitor(context, route_events()));
  std::optional<linx::result<std::optional<netlink::notification>>> ended;
  linx::spawn(context.get_executor(), events->next(), [&](auto r) { ended.emplace(std::move(r)); });
  context.run_for(2ms);
  BOOST_TEST(!ended.has_value());
  events.reset();
  context.restart();
  context.run();
  BOOST_REQUIRE(ended.has_value());
  BOOST_TEST((ended->error() == errc::closed));
}

// A `lost` makes the consumer list everything anew: others must not be able to say it.
BOOST_FIXTURE_TEST_CASE(what_others_send_is_neither_an_event_nor_a_loss, linx::test::fresh_network)
{
  asio::io_context context(1);
  linx::test::jammed_socket socket;
  auto opened = netlink::monitor::adopt(context.get_executor(), socket.take(), route_events());
  BOOST_REQUIRE_MESSAGE(opened.has_value(), why(opened));
  auto events = std::move(opened).value();
  BOOST_REQUIRE(socket.send_garbage(100 * 1024));
  BOOST_REQUIRE(socket.forge(0));
  BOOST_REQUIRE(run(context, open_netlink(context).submit(add_route(1))).has_value());
  const auto seen = run(context, read_all(events));
  BOOST_REQUIRE_MESSAGE(seen.has_value(), why(seen));
  BOOST_TEST(seen.value().events == 1u);
  BOOST_TEST(seen.value().losses == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_group_that_does_not_exist_is_named, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto refused =
      netlink::monitor::open(context.get_executor(), NETLINK_ROUTE, netlink::monitor_options().group(4711));
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().where() == linx::stage::configure));
  BOOST_TEST(refused.error().message().find("4711") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_monitor_in_another_namespace, linx::test::fresh_network)
{
  const auto there = linx::ns::handle::of_self(linx::ns::kind::net);
  BOOST_REQUIRE(there.has_value());
  asio::io_context inside(1), context(1);
  const auto c = open_netlink(inside);
  BOOST_REQUIRE(!linx::test::enter_fresh_network());
  auto opened = netlink::monitor::open(context.get_executor(), NETLINK_ROUTE, there.value(), route_events());
  if (!opened && opened.error().errnum() == EPERM) {
    BOOST_TEST_MESSAGE("skipped: " << why(opened));
    return;
  }
  BOOST_REQUIRE_MESSAGE(opened.has_value(), why(opened));
  auto events = std::move(opened).value();
  BOOST_REQUIRE(run(inside, c.submit(add_route(1))).has_value());
  BOOST_TEST(run(context, read_all(events)).value().events == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
