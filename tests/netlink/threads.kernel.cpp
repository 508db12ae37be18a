// One connection and its streams, used from several threads: the thread sanitizer is the judge.
#include "harness/threads.hpp"
#include "harness/run.hpp"
#include "netlink/network.hpp"

#include <linx/core/spawn.hpp>
#include <linx/core/with_timeout.hpp>
#include <linx/netlink/monitor.hpp>

#include <boost/asio/post.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>

BOOST_AUTO_TEST_SUITE(netlink_threads_kernel, *boost::unit_test::precondition(linx::test::network_possible))

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace netlink = linx::netlink;
using linx::errc;
using linx::success;
using linx::task;
using linx::test::add_route;
using linx::test::list_routes;
using linx::test::run;
using linx::test::threads;

namespace {

constexpr std::uint32_t routes = 4000;
constexpr int rounds = 20;

netlink::dump_options in_parts(bool incremental)
{
  return netlink::dump_options().incremental(incremental);
}

task<> ask(netlink::connection c)
{
  for (std::uint32_t n = 0; n < 10 * rounds; ++n) {
    const auto refused = co_await c.submit(add_route(n % routes));
    if (refused || refused.error().errnum() != EEXIST) co_return errc::conflict;
  }
  co_return success();
}

task<> ask_in_bulk(netlink::connection c)
{
  for (int round = 0; round < rounds; ++round) {
    std::vector<netlink::message_builder> requests;
    for (std::uint32_t n = 0; n < 100; ++n) requests.push_back(add_route(n));
    LINX_TRY(const auto refused, co_await c.bulk(std::move(requests)));
    if (refused.size() != 100) co_return errc::conflict;
  }
  co_return success();
}

task<> list(netlink::connection c, bool incremental)
{
  for (int round = 0; round < rounds; ++round) {
    LINX_TRY(const auto count,
             co_await linx::test::count_messages(c.dump(list_routes(), in_parts(incremental))));
    if (count != routes) co_return errc::conflict;
  }
  co_return success();
}

// Streams that are left in the middle, and reads that are given up.
task<> list_and_leave(netlink::connection c, bool incremental)
{
  for (unsigned round = 0; round < 2 * rounds; ++round) {
    auto listed = c.dump(list_routes(), in_parts(incremental));
    for (unsigned n = 0; n < round % 7; ++n) {
      auto limited = linx::with_timeout(listed.next(), std::chrono::microseconds(50 * round));
      const auto next = co_await std::move(limited);
      if (!next && !(next.error() == errc::timed_out)) co_return next.error();
    }
  }
  co_return success();
}

} // namespace

// Requests from strands of their own hop to that of the connection; dumps are read and left on it.
BOOST_FIXTURE_TEST_CASE(one_connection_is_used_from_four_threads, linx::test::fresh_network)
{
  {
    asio::io_context context(1);
    BOOST_REQUIRE(
        run(context, linx::test::fill_routes(linx::test::open_netlink(context), routes)).has_value());
  }
  for (const auto kind : {threads::kind::context, threads::kind::pool}) {
    threads pool(kind);
    const auto home = pool.strand();
    const auto c = linx::test::value_of(netlink::connection::open(home, NETLINK_ROUTE));
    for (int n = 0; n < 3; ++n) {
      pool.start(ask(c));
      pool.start(pool.strand(), ask_in_bulk(c));
    }
    for (const bool incremental : {false, true}) {
      pool.start(home, list(c, incremental));
      pool.start(home, list_and_leave(c, incremental));
      pool.start(home, ask(c));
      pool.start(list_and_leave(c, incremental));
    }
    pool.check();
  }
}

namespace {

// Until the event of a route that is made later than all.
task<> listen(std::shared_ptr<linx::stream<netlink::notification>> events, std::uint32_t last)
{
  for (;;) {
    LINX_TRY(const auto next, co_await events->next());
    if (!next) co_return errc::closed;
    const auto* event = std::get_if<netlink::message>(&*next);
    if (!event) co_return errc::overrun;
    const auto to = event->attributes_after<rtmsg>().find(RTA_DST);
    if (to && to->as<std::uint32_t>() == linx::test::address(last)) co_return success();
  }
}

} // namespace

// Opened here, read elsewhere: the first read happens on the strand that it was given. Dropped here, by its
// reader, or on a strand of somebody else's.
BOOST_FIXTURE_TEST_CASE(a_monitor_is_opened_and_dropped_on_any_thread, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = linx::test::open_netlink(context);
  threads pool;
  // Asio's own descriptors come with the first one.
  const auto first = linx::test::value_of(netlink::connection::open(pool.bare(), NETLINK_ROUTE));
  const auto before = linx::test::open_descriptors();
  for (std::uint32_t round = 0; round < 60; ++round) {
    const auto home = round % 2 == 0 ? pool.strand() : pool.bare();
    auto opened = linx::test::value_of(
        netlink::monitor::open(home, NETLINK_ROUTE, netlink::monitor_options().group(RTNLGRP_IPV4_ROUTE)));
    auto events = std::make_shared<linx::stream<netlink::notification>>(std::move(opened));
    pool.start(listen(events, round));
    if (round % 3 == 0) events.reset();
    BOOST_REQUIRE(run(context, c.submit(add_route(round))).has_value());
    if (round % 3 == 1) asio::post(pool.strand(), [mine = std::move(events)] {});
    pool.check();
  }
  BOOST_TEST(linx::test::settled_descriptors(before) == before);
}

namespace {

// Whatever becomes of the object: each call ends, and says nothing but the truth.
task<> ask_until_closed(netlink::connection c)
{
  for (;;) {
    const auto refused = co_await c.submit(add_route(1));
    if (refused) co_return errc::conflict;
    if (refused.error() == errc::closed) co_return success();
    if (refused.error().errnum() != EEXIST) co_return refused.error();
  }
}

task<> list_until_closed(netlink::connection c, bool incremental)
{
  for (;;) {
    const auto count = co_await linx::test::count_messages(c.dump(list_routes(), in_parts(incremental)));
    if (!count && count.error() == errc::closed) co_return success();
    if (!count) co_return count.error();
    if (count.value() != 500) co_return errc::conflict;
  }
}

task<> listen_until_closed(std::shared_ptr<linx::stream<netlink::notification>> events)
{
  for (;;) {
    const auto next = co_await events->next();
    if (!next && next.error() == errc::closed) co_return success();
    if (!next) co_return next.error();
  }
}

} // namespace

// The context of the objects is destroyed while four threads of another one use them: no call is lost.
BOOST_FIXTURE_TEST_CASE(a_context_dies_under_those_who_use_its_objects, linx::test::fresh_network)
{
  {
    asio::io_context context(1);
    BOOST_REQUIRE(run(context, linx::test::fill_routes(linx::test::open_netlink(context), 500)).has_value());
  }
  threads users;
  for (int round = 0; round < 20; ++round) {
    const auto before = linx::test::open_descriptors();
    threads owner(round % 2 == 0 ? threads::kind::context : threads::kind::pool, 2);
    {
      const auto c = linx::test::value_of(netlink::connection::open(owner.bare(), NETLINK_ROUTE));
      auto opened = linx::test::value_of(netlink::monitor::open(
          owner.strand(), NETLINK_ROUTE, netlink::monitor_options().group(RTNLGRP_IPV4_ROUTE)));
      const auto events = std::make_shared<linx::stream<netlink::notification>>(std::move(opened));
      for (int n = 0; n < 3; ++n) users.start(ask_until_closed(c));
      users.start(list_until_closed(c, false));
      users.start(list_until_closed(c, true));
      users.start(listen_until_closed(events));
      // roots of the context itself vanish with it
      linx::spawn(owner.bare(), ask_until_closed(c), [](const linx::result<>&) {});
      linx::spawn(owner.strand(), list_until_closed(c, false), [](const linx::result<>&) {});
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(round % 5));
    owner.kill();
    users.check();
    BOOST_TEST(linx::test::open_descriptors() <= before);
  }
}

// A dump has a state of its own in the context of the connection, and is made where it is called.
BOOST_FIXTURE_TEST_CASE(a_dump_is_made_while_the_context_of_its_connection_goes, linx::test::fresh_network)
{
  for (int round = 0; round < 100; ++round) {
    threads owner(threads::kind::context, 1);
    std::optional<netlink::connection> c =
        linx::test::value_of(netlink::connection::open(owner.bare(), NETLINK_ROUTE));
    std::atomic<bool> begun = false, over = false;
    std::thread other([&begun, &over, c = *c] {
      while (!over) {
        const auto listed = c.dump(list_routes());
        const auto in_blocks = c.dump_blocks(list_routes());
        begun = true;
      }
    });
    while (!begun) std::this_thread::yield();
    c.reset();
    owner.kill();
    over = true;
    other.join();
  }
}

namespace {

task<> ask_briefly(netlink::connection c, int times)
{
  while (times-- > 0) {
    const auto refused = co_await c.submit(add_route(1));
    if (refused || refused.error().errnum() != EEXIST) co_return errc::conflict;
  }
  co_return success();
}

} // namespace

// The last handle goes on the thread that opened it, or with the last root that has one.
BOOST_FIXTURE_TEST_CASE(a_connection_is_opened_and_dropped_on_any_thread, linx::test::fresh_network)
{
  {
    asio::io_context context(1);
    BOOST_REQUIRE(run(context, linx::test::fill_routes(linx::test::open_netlink(context), 2)).has_value());
  }
  threads pool;
  const auto first = linx::test::value_of(netlink::connection::open(pool.bare(), NETLINK_ROUTE));
  const auto before = linx::test::open_descriptors();
  for (int round = 0; round < 200; ++round) {
    auto c = linx::test::value_of(netlink::connection::open(pool.bare(), NETLINK_ROUTE));
    for (int n = 0; n < 3; ++n) pool.start(ask_briefly(c, round % 4));
    if (round % 2 == 0) asio::post(pool.strand(), [mine = std::move(c)] {});
    if (round % 10 == 0) pool.check();
  }
  pool.check();
  BOOST_TEST(linx::test::settled_descriptors(before) == before);
}

BOOST_AUTO_TEST_SUITE_END()
