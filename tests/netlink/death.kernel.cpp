// A context that dies at any moment, with anything in flight, whichever of its services was made first. The
// sanitizers are the judges.
#include "harness/death.hpp"
#include "harness/run.hpp"
#include "netlink/network.hpp"

#include <linx/core/spawn.hpp>
#include <linx/core/with_timeout.hpp>
#include <linx/netlink/monitor.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <random>

BOOST_AUTO_TEST_SUITE(netlink_death_kernel, *boost::unit_test::precondition(linx::test::network_possible))

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace netlink = linx::netlink;
using linx::success;
using linx::task;
using linx::test::add_route;
using linx::test::list_routes;
using linx::test::open_netlink;
using linx::test::run;

namespace {

constexpr std::uint32_t routes = 20000;

// Reads so much of a dump and goes on to another one, which has to wait for the first.
task<> read_half(netlink::connection c, netlink::dump_options options, unsigned messages)
{
  auto listed = c.dump(list_routes(), options);
  for (unsigned n = 0; n < messages; ++n) {
    LINX_TRY(auto next, co_await listed.next());
    if (!next) break;
  }
  LINX_TRYV(co_await linx::test::count_messages(c.dump(list_routes(), options)));
  const auto here = co_await asio::this_coro::executor;
  asio::steady_timer never(here, 1h);
  co_await never.async_wait(asio::deferred);
  co_return success();
}

task<> ask(netlink::connection c, std::uint32_t first)
{
  for (std::uint32_t n = 0;; ++n) {
    static_cast<void>(co_await c.submit(add_route(routes + first + n % 8)));
    if (n % 8 == 0) co_await asio::post(asio::deferred);
  }
}

task<> ask_with_limit(netlink::connection c, std::uint32_t first)
{
  for (std::uint32_t n = 0;; ++n) {
    auto limited = linx::with_timeout(c.submit(add_route(routes + first + n % 8)), 1ms);
    static_cast<void>(co_await std::move(limited));
  }
}

task<> ask_in_bulk(netlink::connection c)
{
  for (;;) {
    std::vector<netlink::message_builder> requests;
    for (std::uint32_t n = 0; n < 600; ++n) requests.push_back(add_route(routes + n % 8));
    static_cast<void>(co_await c.bulk(std::move(requests)));
    co_await asio::post(asio::deferred);
  }
}

task<> listen(linx::stream<netlink::notification> events)
{
  for (;;) {
    LINX_TRY(auto next, co_await events.next());
    if (!next) co_return success();
  }
}

// What lives on one executor. The handles may be kept by somebody outside, who outlives the context.
class load {
public:
  load(const linx::executor& ex, std::mt19937& random)
      : connection_(linx::test::value_of(netlink::connection::open(ex, NETLINK_ROUTE)))
  {
    const auto options = netlink::monitor_options().group(RTNLGRP_IPV4_ROUTE);
    auto events = linx::test::value_of(netlink::monitor::open(ex, NETLINK_ROUTE, options));
    for (unsigned n = 0; n < 12; ++n) begin(ex, random, events);
  }

private:
  void begin(const linx::executor& ex, std::mt19937& random, linx::stream<netlink::notification>& events)
  {
    const auto incremental = netlink::dump_options().incremental(random() % 2 == 0);
    switch (random() % 7) {
    case 0:
      linx::spawn(ex, read_half(connection_, incremental, random() % routes), asio::detached);
      break;
    case 1:
      kept_.push_back(connection_.dump(list_routes(), incremental));
      linx::spawn(ex, kept_.back().next(), [](auto) {});
      break;
    case 2:
      linx::spawn(ex, ask(connection_, random() % 100), asio::detached);
      break;
    case 3:
      linx::spawn(ex, ask_in_bulk(connection_), asio::detached);
      break;
    case 4:
      linx::spawn(ex, ask_with_limit(connection_, random() % 100), asio::detached);
      break;
    case 5:
      if (events) linx::spawn(ex, listen(std::move(events)), asio::detached);
      break;
    default:
      linx::spawn(ex, linx::test::count_messages(connection_.dump(list_routes(), incremental)), [](auto) {});
    }
  }

  netlink::connection connection_;
  std::vector<linx::stream<netlink::message>> kept_;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_context_may_die_at_any_moment, linx::test::fresh_network)
{
  {
    asio::io_context context(1);
    BOOST_REQUIRE(run(context, linx::test::fill_routes(open_netlink(context), routes)).has_value());
  }
  linx::test::let_contexts_die(
      10,
      [](asio::io_context& context) { return std::make_shared<netlink::connection>(open_netlink(context)); },
      [](const linx::executor& ex, std::mt19937& random) { return std::make_shared<load>(ex, random); });
}

BOOST_AUTO_TEST_SUITE_END()
