// A request that the kernel answers at once costs no allocation, and a dump in parts no more memory for a
// longer table: route daemons make hundreds of thousands of requests a second, and list tables of as many
// routes.
#include "harness/scarcity.hpp"
#include "netlink/network.hpp"

#include <linx/netlink/monitor.hpp>

#include <new>
#include <optional>
#include <utility>

BOOST_AUTO_TEST_SUITE(netlink_allocation_kernel,
                      *boost::unit_test::precondition(linx::test::network_possible))

namespace asio = boost::asio;
namespace netlink = linx::netlink;
using linx::task;
using linx::test::add_route;
using linx::test::allocations;
using linx::test::delete_route;
using linx::test::run;

namespace {

constexpr std::uint32_t warm_up =
    300; // more than one turn of the executor, so that the queue is warm as well
constexpr std::uint32_t rounds = 2000;

task<> toggle(netlink::connection c, std::size_t& allocated)
{
  std::size_t before = 0;
  for (std::uint32_t n = 0; n < warm_up + rounds; ++n) {
    if (n == warm_up) before = allocations::count();
    LINX_TRYV(co_await c.submit(add_route(1)));
    LINX_TRYV(co_await c.submit(delete_route(1)));
  }
  allocated = allocations::count() - before;
  co_return linx::success();
}

// Lists the routes in the way asked for; yields the most bytes that took.
std::ptrdiff_t memory_of_dump(asio::io_context& context, const netlink::connection& c, std::uint32_t routes,
                              bool incremental)
{
  const auto options = netlink::dump_options().incremental(incremental);
  allocations::reset_peak();
  const auto before = allocations::bytes();
  const auto listed = run(context, linx::test::count_messages(c.dump(linx::test::list_routes(), options)));
  const auto most = allocations::peak() - before;
  BOOST_REQUIRE_MESSAGE(listed.has_value(), linx::test::why(listed));
  BOOST_TEST(listed.value() >= routes);
  BOOST_TEST_MESSAGE(routes << " routes" << (incremental ? " in parts" : "") << ": " << most << " bytes");
  return most;
}

// ---- a connection that many share while memory is short

constexpr std::uint32_t table_size = 700; // two parts of a dump

netlink::message_builder get_lo()
{
  netlink::message_builder request(RTM_GETLINK, 0, ifinfomsg{});
  request.put_string(IFLA_IFNAME, "lo");
  return request;
}

// A route that may be there already.
netlink::message_builder set_route(std::uint32_t n)
{
  return linx::test::route_request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, linx::test::address(n));
}

std::vector<netlink::message_builder> set_routes(std::uint32_t count)
{
  std::vector<netlink::message_builder> requests;
  requests.reserve(count);
  for (std::uint32_t n = 0; n < count; ++n) requests.push_back(set_route(n));
  return requests;
}

task<> ask(netlink::connection c)
{
  for (std::uint32_t n = 0; n < 8; ++n) {
    LINX_TRYV(co_await c.submit(set_route(n)));
    LINX_TRY(const auto reply, co_await c.request(get_lo()));
    static_cast<void>(reply);
  }
  co_return linx::success();
}

task<> ask_in_bulk(netlink::connection c)
{
  auto refused = co_await c.bulk(set_routes(20));
  if (!refused) co_return refused.error();
  BOOST_TEST(refused.value().empty());
  co_return linx::success();
}

task<> ask_in_batch(netlink::connection c)
{
  LINX_TRY(const auto results, co_await c.batch(set_routes(5)));
  for (const auto& each : results) {
    if (!each) co_return each.error();
  }
  co_return linx::success();
}

// By blocks: a copy of each message would be most of the allocations.
task<> list(netlink::connection c, bool incremental)
{
  auto blocks = c.dump_blocks(linx::test::list_routes(), netlink::dump_options().incremental(incremental));
  std::size_t listed = 0;
  for (;;) {
    LINX_TRY(const auto block, co_await blocks.next());
    if (!block) break;
    listed += static_cast<std::size_t>(std::distance(block->begin(), block->end()));
  }
  BOOST_TEST(listed >= table_size); // all, or an error
  co_return linx::success();
}

// Until the event that a later request causes.
task<> listen(linx::stream<netlink::notification> events, std::uint32_t last)
{
  for (;;) {
    LINX_TRY(const auto next, co_await events.next());
    const auto* event = next ? std::get_if<netlink::message>(&*next) : nullptr;
    if (!event) co_return linx::success(); // lost
    const auto destination = event->attributes_after<rtmsg>().find(RTA_DST);
    if (destination && destination->as<std::uint32_t>() == linx::test::address(last))
      co_return linx::success();
  }
}

} // namespace

// Each 64th request, at the latest, waits for its turn in the queue and takes one frame more (facts: frames
// beyond the second are not cached by Asio's defaults). All others take none.
BOOST_FIXTURE_TEST_CASE(a_request_allocates_nothing, linx::test::fresh_network)
{
  asio::io_context context(1);
  auto opened = netlink::connection::open(context.get_executor(), NETLINK_ROUTE);
  BOOST_REQUIRE(opened.has_value());
  std::size_t allocated = 1;
  const auto done = run(context, toggle(opened.value(), allocated));
  BOOST_REQUIRE_MESSAGE(done.has_value(), linx::test::why(done));
  BOOST_TEST_MESSAGE(allocated << " allocations in " << 2 * rounds << " requests");
  BOOST_TEST(allocated == 0u);
}

// issue: the memory of a long dump as a stream stays flat, whatever the length of the table. The other way
// shows that the measure sees what is kept: a route takes 52 bytes.
BOOST_FIXTURE_TEST_CASE(a_dump_in_parts_takes_no_more_memory_for_a_longer_table, linx::test::fresh_network)
{
  constexpr std::ptrdiff_t bound = 256 * 1024;
  asio::io_context context(1);
  const auto c = netlink::connection::open(context.get_executor(), NETLINK_ROUTE).value();
  BOOST_REQUIRE(run(context, linx::test::fill_routes(c, 2000)).has_value());
  memory_of_dump(context, c, 2000, true); // the buffers of the socket have their size now
  const auto few = memory_of_dump(context, c, 2000, true);
  BOOST_REQUIRE(run(context, linx::test::fill_routes(c, 18000, 2000)).has_value());
  const auto many = memory_of_dump(context, c, 20000, true);
  BOOST_TEST(few < bound);
  BOOST_TEST(many < bound);
  BOOST_TEST(memory_of_dump(context, c, 20000, false) > 20000 * 52);
}

// Each allocation of a busy connection failed, one by one: whoever it was for is told, and nobody hangs.
BOOST_FIXTURE_TEST_CASE(every_allocation_may_fail, linx::test::fresh_network)
{
  {
    asio::io_context context(1);
    const auto c = netlink::connection::open(context.get_executor(), NETLINK_ROUTE).value();
    BOOST_REQUIRE(run(context, linx::test::fill_routes(c, table_size)).has_value());
  }
  std::optional<netlink::connection> c;
  std::optional<linx::stream<netlink::notification>> events;
  linx::test::scenario busy;
  busy.begin = [&](asio::io_context& context) {
    const auto ex = context.get_executor();
    c = netlink::connection::open(ex, NETLINK_ROUTE).value();
    events = netlink::monitor::open(ex, NETLINK_ROUTE, netlink::monitor_options().group(RTNLGRP_IPV4_ROUTE))
                 .value();
    linx::test::scenario::roots roots;
    for (int i = 0; i < 3; ++i) roots.push_back(ask(*c));
    roots.push_back(ask_in_bulk(*c));
    roots.push_back(list(*c, false));
    roots.push_back(ask_in_batch(*c));
    roots.push_back(list(*c, true));
    return roots;
  };
  busy.end = [&](asio::io_context& context) { // with the connection and with the monitor
    constexpr std::uint32_t last = 3000;
    BOOST_TEST(run(context, c->submit(set_route(last))).has_value());
    BOOST_TEST(run(context, list(*c, false)).has_value());
    BOOST_TEST(run(context, listen(*std::exchange(events, std::nullopt), last)).has_value());
    BOOST_TEST(run(context, c->submit(delete_route(last))).has_value()); // a route set again is no event
    c.reset();
  };
  busy.with_every_allocation_failing();
}

// Whatever a reader ends with, it ends: the next one is not told that somebody reads.
BOOST_FIXTURE_TEST_CASE(a_reader_without_memory_leaves_the_stream_to_the_next, linx::test::fresh_network)
{
  bool is_survived = true;
  for (std::size_t n = 1; is_survived && n < 100; ++n) {
    asio::io_context context(1);
    const auto c = netlink::connection::open(context.get_executor(), NETLINK_ROUTE).value();
    auto events = netlink::monitor::open(context.get_executor(), NETLINK_ROUTE,
                                         netlink::monitor_options().group(RTNLGRP_IPV4_ROUTE))
                      .value();
    auto blocks = c.dump_blocks(linx::test::list_routes());
    for (std::uint32_t i = 0; i < 3; ++i) {
      BOOST_REQUIRE(run(context, c.submit(add_route(i))).has_value());
      BOOST_REQUIRE(run(context, c.submit(delete_route(i))).has_value());
    }
    allocations::fail(n);
    try {
      static_cast<void>(run(context, events.next()));
      static_cast<void>(run(context, blocks.next()));
    } catch (const std::bad_alloc&) { // of the reader, or of the root of the test
    }
    is_survived = !allocations::is_failure_pending();
    allocations::fail(0);
    BOOST_TEST_CONTEXT("allocation " << n)
    {
      const auto next = run(context, events.next());
      BOOST_TEST(next.has_value(), linx::test::why(next));
      const auto block = run(context, blocks.next());
      BOOST_TEST((block || !(block.error() == linx::errc::not_ready)), linx::test::why(block));
    }
  }
  BOOST_TEST(!is_survived);
}

BOOST_AUTO_TEST_SUITE_END()
