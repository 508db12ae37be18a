// Memory fails while several use one connection and one cache: whoever it was for is told, and nobody hangs.
#include "harness/scarcity.hpp"
#include "rtnl/network.hpp"

#include <linx/net/literals.hpp>
#include <linx/rtnl/batch.hpp>
#include <linx/rtnl/cache.hpp>
#include <linx/rtnl/monitor.hpp>
#include <linx/rtnl/route.hpp>
#include <linx/rtnl/route_filter.hpp>

#include <memory>
#include <optional>

BOOST_AUTO_TEST_SUITE(rtnl_allocation_kernel, *boost::unit_test::precondition(linx::test::network_possible))

namespace asio = boost::asio;
namespace net = linx::net;
namespace rtnl = linx::rtnl;
using linx::errc;
using linx::success;
using linx::task;

namespace {

// 10.0.ROOT.N/32 through lo. It may be there already.
rtnl::route route_of(unsigned root, unsigned n)
{
  const auto text = "10.0." + std::to_string(root) + '.' + std::to_string(n);
  return rtnl::route(net::subnet(net::ip::parse(text).value(), 32)).dev(1);
}

task<> change(rtnl::connection c, unsigned root)
{
  for (unsigned n = 0; n < 3; ++n) {
    const auto mine = route_of(root, n);
    LINX_TRYV(co_await c.replace_route(mine));
    LINX_TRY(const auto found, co_await c.get_route(mine.destination.address()));
    if (found.hops.empty()) co_return errc::conflict;
    LINX_TRYV(co_await c.remove_route(mine));
  }
  co_return success();
}

task<> change_in_bulk(rtnl::connection c, unsigned root)
{
  rtnl::batch all;
  for (unsigned n = 0; n < 20; ++n) all.replace(route_of(root, n));
  LINX_TRY(const auto refused, co_await c.bulk(std::move(all)));
  if (!refused.empty()) co_return errc::conflict;
  co_return success();
}

task<> list(rtnl::connection c)
{
  LINX_TRY(const auto lo, co_await c.get_link("lo"));
  if (lo.index != 1) co_return errc::conflict;
  LINX_TRY(const auto links, co_await linx::collect(c.links()));
  if (links.empty()) co_return errc::conflict;
  LINX_TRY(const auto routes, co_await linx::collect(c.routes()));
  static_cast<void>(routes);
  co_return success();
}

// Until the cache knows all.
task<> follow(linx::executor home)
{
  auto copy = std::make_shared<rtnl::cache>(rtnl::monitor_options().routes(true));
  LINX_TRY(auto events, rtnl::cache::follow(home, copy));
  while (!copy->is_synchronized()) {
    LINX_TRY(const auto next, co_await events.next());
    if (!next) co_return errc::closed;
  }
  if (copy->find_link("lo") == nullptr) co_return errc::conflict;
  co_return success();
}

} // namespace

BOOST_FIXTURE_TEST_CASE(every_allocation_may_fail, linx::test::fresh_network)
{
  std::optional<rtnl::connection> c;
  linx::test::scenario busy;
  busy.begin = [&](asio::io_context& context) {
    c = linx::test::open_rtnl(context);
    linx::test::scenario::roots roots;
    roots.push_back(change(*c, 1));
    roots.push_back(change(*c, 2));
    roots.push_back(change_in_bulk(*c, 3));
    roots.push_back(list(*c));
    roots.push_back(follow(context.get_executor()));
    return roots;
  };
  busy.end = [&](asio::io_context& context) {
    BOOST_TEST(linx::test::run(context, list(*c)).has_value());
    BOOST_TEST(linx::test::run(context, follow(context.get_executor())).has_value());
    c.reset();
  };
  busy.with_every_allocation_failing();
}

BOOST_AUTO_TEST_SUITE_END()
