// One connection and its streams, used from several threads: the thread sanitizer is the judge.
#include "harness/run.hpp"
#include "netlink/network.hpp"

#include <linx/core/spawn.hpp>
#include <linx/core/with_timeout.hpp>
#include <linx/netlink/monitor.hpp>

#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
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

class threads {
public:
  explicit threads(unsigned count) : pool_(count) {}
  ~threads() { pool_.join(); }

  linx::executor strand() { return asio::make_strand(pool_); }

  void start(const linx::executor& ex, task<> op)
  {
    running_.push_back(linx::spawn(ex, std::move(op), asio::use_future));
  }

  // Waits for all.
  void check()
  {
    for (auto& each : running_) {
      BOOST_REQUIRE((each.wait_for(linx::test::watchdog) == std::future_status::ready));
      const auto done = each.get();
      BOOST_TEST(done.has_value(), linx::test::why(done));
    }
    running_.clear();
  }

private:
  asio::thread_pool pool_;
  std::vector<std::future<linx::result<>>> running_;
};

} // namespace

// Requests from strands of their own hop to that of the connection; dumps are read and left on it.
BOOST_FIXTURE_TEST_CASE(one_connection_is_used_from_four_threads, linx::test::fresh_network)
{
  {
    asio::io_context context(1);
    BOOST_REQUIRE(
        run(context, linx::test::fill_routes(linx::test::open_netlink(context), routes)).has_value());
  }
  threads pool(4);
  const auto home = pool.strand();
  const auto c = linx::test::value_of(netlink::connection::open(home, NETLINK_ROUTE));
  for (int n = 0; n < 3; ++n) {
    pool.start(pool.strand(), ask(c));
    pool.start(pool.strand(), ask_in_bulk(c));
  }
  for (const bool incremental : {false, true}) {
    pool.start(home, list(c, incremental));
    pool.start(home, list_and_leave(c, incremental));
    pool.start(home, ask(c));
  }
  pool.check();
}

namespace {

// Until the event of a route that is made later than all.
task<> listen(linx::stream<netlink::notification>& events, std::uint32_t last)
{
  for (;;) {
    LINX_TRY(const auto next, co_await events.next());
    if (!next) co_return errc::closed;
    const auto* event = std::get_if<netlink::message>(&*next);
    if (!event) co_return errc::overrun;
    const auto to = event->attributes_after<rtmsg>().find(RTA_DST);
    if (to && to->as<std::uint32_t>() == linx::test::address(last)) co_return success();
  }
}

} // namespace

// Opened here, read elsewhere: the first read happens on the strand that it was given.
BOOST_FIXTURE_TEST_CASE(a_monitor_is_opened_on_any_thread, linx::test::fresh_network)
{
  threads pool(2);
  asio::io_context context(1);
  const auto c = linx::test::open_netlink(context);
  for (std::uint32_t round = 0; round < 50; ++round) {
    const auto home = pool.strand();
    auto events = linx::test::value_of(
        netlink::monitor::open(home, NETLINK_ROUTE, netlink::monitor_options().group(RTNLGRP_IPV4_ROUTE)));
    pool.start(home, listen(events, round));
    BOOST_REQUIRE(run(context, c.submit(add_route(round))).has_value());
    pool.check();
    std::promise<void> dropped;
    asio::post(home, [&] {
      events.cancel();
      dropped.set_value();
    });
    dropped.get_future().wait();
  }
}

BOOST_AUTO_TEST_SUITE_END()
