// One connection, one monitor and one cache of interfaces and routes, used from four threads.
#include "harness/threads.hpp"
#include "harness/run.hpp"
#include "rtnl/network.hpp"

#include <linx/core/spawn.hpp>
#include <linx/core/with_timeout.hpp>
#include <linx/net/literals.hpp>
#include <linx/rtnl/batch.hpp>
#include <linx/rtnl/cache.hpp>
#include <linx/rtnl/monitor.hpp>
#include <linx/rtnl/route.hpp>
#include <linx/rtnl/route_filter.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

BOOST_AUTO_TEST_SUITE(rtnl_threads_kernel, *boost::unit_test::precondition(linx::test::network_possible))

namespace asio = boost::asio;
namespace net = linx::net;
namespace rtnl = linx::rtnl;
using namespace linx::net::literals;
using namespace std::chrono_literals;
using linx::errc;
using linx::success;
using linx::task;
using linx::test::rtnl_network;
using linx::test::threads;
using linx::test::value_of;

namespace {

constexpr std::uint8_t lasting = 200; // protocols, by which the routes are told apart
constexpr std::uint8_t passing = 201;
constexpr unsigned count = 300;

using events = linx::stream<rtnl::event>;
using shared_events = std::shared_ptr<events>;

// 10.ROOT.N.0/32 through lo.
rtnl::route route_of(unsigned root, unsigned n, std::uint8_t protocol)
{
  const auto text =
      "10." + std::to_string(root) + '.' + std::to_string(n / 256) + '.' + std::to_string(n % 256);
  auto r = rtnl::route(net::subnet(net::ip::parse(text).value(), 32)).dev(1);
  r.protocol = protocol;
  return r;
}

void fill(rtnl_network& network)
{
  rtnl::batch all;
  for (unsigned n = 0; n < count; ++n) all.add(route_of(0, n, lasting));
  BOOST_REQUIRE(value_of(network.ask(network.kernel.bulk(std::move(all)))).empty());
}

task<> change(rtnl::connection c, unsigned root, unsigned times)
{
  for (unsigned n = 0; n < times; ++n) {
    const auto mine = route_of(root, n, passing);
    LINX_TRYV(co_await c.add_route(mine));
    const auto twice = co_await c.add_route(mine);
    if (twice || twice.error().errnum() != EEXIST) co_return errc::conflict;
    LINX_TRY(const auto found, co_await c.get_route(mine.destination.address()));
    if (found.hops.empty()) co_return errc::conflict;
    if (n % 3 != 0) {
      LINX_TRYV(co_await c.remove_route(mine));
    }
  }
  co_return success();
}

task<> change_in_bulk(rtnl::connection c, unsigned root, unsigned times)
{
  while (times-- > 0) {
    rtnl::batch added, removed;
    for (unsigned n = 0; n < 50; ++n) added.add(route_of(root, n, passing));
    for (unsigned n = 0; n < 50; ++n) removed.remove(route_of(root, n, passing));
    LINX_TRY(const auto refused, co_await c.bulk(std::move(added)));
    LINX_TRY(const auto each, co_await c.submit(std::move(removed)));
    if (!refused.empty() || each.size() != 50) co_return errc::conflict;
    for (const auto& one : each) {
      if (!one) co_return one.error();
    }
  }
  co_return success();
}

// All that is there all the time is in each listing.
task<> list(rtnl::connection c, unsigned times)
{
  while (times-- > 0) {
    auto routes = c.routes(rtnl::route_filter(net::family::v4).protocol(lasting));
    unsigned found = 0;
    for (;; ++found) {
      LINX_TRY(const auto next, co_await routes.next());
      if (!next) break;
    }
    if (found != count) co_return errc::conflict;
    LINX_TRY(const auto lo, co_await c.get_link("lo"));
    if (lo.index != 1) co_return errc::conflict;
  }
  co_return success();
}

task<> list_and_leave(rtnl::connection c, unsigned times)
{
  for (unsigned round = 0; round < times; ++round) {
    auto routes = c.routes();
    for (unsigned n = 0; n < 40 * (round % 5); ++n) {
      auto limited = linx::with_timeout(routes.next(), std::chrono::microseconds(50 * round));
      const auto next = co_await std::move(limited);
      if (!next && !(next.error() == errc::timed_out)) co_return next.error();
    }
  }
  co_return success();
}

} // namespace

BOOST_FIXTURE_TEST_CASE(one_connection_is_used_from_four_threads, rtnl_network)
{
  fill(*this);
  unsigned round = 0;
  for (const auto kind : {threads::kind::context, threads::kind::pool}) {
    threads pool(kind);
    const auto c = value_of(rtnl::connection::open(round == 0 ? pool.bare() : pool.strand()));
    const unsigned first = 1 + 10 * round++;
    for (unsigned n = 0; n < 4; ++n) pool.start(change(c, first + n, 60));
    pool.start(pool.strand(), change_in_bulk(c, first + 4, 15));
    for (int n = 0; n < 2; ++n) {
      pool.start(pool.strand(), list(c, 15));
      pool.start(list_and_leave(c, 20));
    }
    pool.check();
  }
  const auto left = all(kernel.routes(rtnl::route_filter(net::family::v4).protocol(passing)));
  BOOST_TEST(left.size() == 2u * 4 * 20);
}

namespace {

task<> read_until(shared_events from, rtnl::route wanted)
{
  for (;;) {
    LINX_TRY(const auto next, co_await from->next());
    if (!next) co_return errc::closed;
    const auto* told = std::get_if<rtnl::changed<rtnl::route>>(&*next);
    if (told && told->what() == rtnl::change::set && told->value().destination == wanted.destination)
      co_return success();
  }
}

} // namespace

// Opened here, read on the reader's strand, dropped here, by the reader or on a strand of somebody else's.
BOOST_FIXTURE_TEST_CASE(a_monitor_is_opened_and_dropped_on_any_thread, rtnl_network)
{
  threads pool;
  const auto first = value_of(rtnl::connection::open(pool.bare()));
  const auto before = linx::test::open_descriptors();
  for (unsigned round = 0; round < 30; ++round) {
    const auto home = round % 2 == 0 ? pool.strand() : pool.bare();
    const auto options = rtnl::monitor_options().initial_state(round % 4 < 2);
    auto told = std::make_shared<events>(value_of(rtnl::monitor::open(home, options)));
    const auto wanted = route_of(1, round, passing);
    pool.start(read_until(told, wanted));
    if (round % 3 == 0) told.reset();
    BOOST_TEST(!!ask(kernel.add_route(wanted)));
    if (round % 3 == 1) asio::post(pool.strand(), [mine = std::move(told)] {});
    pool.check();
  }
  BOOST_TEST(linx::test::settled_descriptors(before) == before);
}

namespace {

// The cache is changed while a next() is pending, so it belongs to whoever reads. The last route is made
// later than all others.
task<> follow(events told, std::shared_ptr<rtnl::cache> copy, rtnl::route last)
{
  for (bool has_last = false; !has_last || !copy->is_exact();) {
    LINX_TRY(const auto next, co_await told.next());
    if (!next) co_return errc::closed;
    const auto* route = std::get_if<rtnl::changed<rtnl::route>>(&*next);
    has_last = has_last || (route && route->value().destination == last.destination);
  }
  co_return success();
}

} // namespace

// Two caches follow what four threads do, one read where it is at home and one elsewhere.
BOOST_FIXTURE_TEST_CASE(caches_follow_four_threads, rtnl_network)
{
  threads readers, workers;
  const auto last = route_of(6, 0, passing);
  std::vector<std::shared_ptr<rtnl::cache>> copies;
  for (const bool at_home : {false, true}) {
    const auto home = at_home ? readers.strand() : readers.bare();
    auto& copy = copies.emplace_back(std::make_shared<rtnl::cache>());
    auto told = value_of(rtnl::cache::follow(home, copy));
    readers.start(at_home ? home : readers.bare(), follow(std::move(told), copy, last));
  }
  const auto c = value_of(rtnl::connection::open(workers.bare()));
  for (unsigned n = 0; n < 4; ++n) workers.start(change(c, 1 + n, 60));
  workers.start(change_in_bulk(c, 5, 10));
  workers.check();
  BOOST_TEST(!!ask(kernel.add_route(last)));
  readers.check();
  const auto kernels = all(kernel.routes(rtnl::route_filter(net::family::v4).protocol(passing)));
  BOOST_TEST(kernels.size() == 4u * 20 + 1);
  for (const auto& copy : copies) {
    auto cached = copy->routes();
    std::erase_if(cached, [](const rtnl::route& r) { return r.protocol != passing; });
    BOOST_TEST(cached.size() == kernels.size());
    for (const auto& r : kernels)
      BOOST_TEST((std::find(cached.begin(), cached.end(), r) != cached.end()), to_string(r));
  }
}

namespace {

task<> ask_until_closed(rtnl::connection c)
{
  for (;;) {
    const auto lo = co_await c.get_link("lo");
    if (!lo && lo.error() == errc::closed) co_return success();
    if (!lo) co_return lo.error();
  }
}

task<> list_until_closed(rtnl::connection c)
{
  for (;;) {
    const auto listed = co_await list(c, 1);
    if (!listed && listed.error() == errc::closed) co_return success();
    if (!listed) co_return listed.error();
  }
}

task<> read_until_closed(shared_events from)
{
  for (;;) {
    const auto next = co_await from->next();
    if (!next && next.error() == errc::closed) co_return success();
    if (!next) co_return next.error();
  }
}

} // namespace

// The context of the objects is destroyed while four threads of another one use them: no call is lost.
BOOST_FIXTURE_TEST_CASE(a_context_dies_under_those_who_use_its_objects, rtnl_network)
{
  fill(*this);
  threads users;
  for (int round = 0; round < 15; ++round) {
    const auto before = linx::test::open_descriptors();
    threads owner(round % 2 == 0 ? threads::kind::context : threads::kind::pool, 2);
    {
      const auto c = value_of(rtnl::connection::open(owner.bare()));
      const auto options = rtnl::monitor_options().initial_state(true);
      const auto told = std::make_shared<events>(value_of(rtnl::monitor::open(owner.strand(), options)));
      const auto copy = std::make_shared<rtnl::cache>();
      const auto followed = std::make_shared<events>(value_of(rtnl::cache::follow(owner.bare(), copy)));
      for (int n = 0; n < 2; ++n) users.start(ask_until_closed(c));
      users.start(list_until_closed(c));
      users.start(read_until_closed(told));
      users.start(read_until_closed(followed));
      // roots of the context itself vanish with it
      linx::spawn(owner.bare(), list_until_closed(c), [](const linx::result<>&) {});
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(round % 5));
    owner.kill();
    users.check();
    BOOST_TEST(linx::test::open_descriptors() <= before);
  }
}

BOOST_AUTO_TEST_SUITE_END()
