// Memory fails while several ask one generic netlink connection for families and devices: whoever it was for
// is told, and nobody hangs.
#include "harness/network.hpp"
#include "harness/scarcity.hpp"

#include <linx/core/collect.hpp>
#include <linx/genl/connection.hpp>
#include <linx/genl/ethtool.hpp>

#include <optional>

BOOST_AUTO_TEST_SUITE(genl_allocation_kernel, *boost::unit_test::precondition(linx::test::network_possible))

namespace asio = boost::asio;
namespace genl = linx::genl;
using linx::errc;
using linx::success;
using linx::task;

namespace {

task<> look_up(genl::connection c)
{
  LINX_TRY(const auto controller, co_await c.family("nlctrl"));
  LINX_TRY(const auto again, co_await c.refresh("nlctrl"));
  if (!(controller == again)) co_return errc::conflict;
  const auto none = co_await c.family("linx-nowhere");
  if (none) co_return errc::conflict;
  if (none.error().errnum() != ENOENT) co_return none.error();
  co_return success();
}

task<> list(genl::connection c)
{
  LINX_TRY(const auto listed, co_await linx::collect(c.families()));
  if (listed.empty()) co_return errc::conflict;
  co_return success();
}

task<> ask_ethtool(genl::connection c)
{
  LINX_TRY(const auto ethtool, co_await genl::ethtool::connection::open(c));
  LINX_TRY(const auto state, co_await ethtool.get_link_state("lo"));
  static_cast<void>(state);
  LINX_TRY(const auto features, co_await ethtool.get_features("lo"));
  static_cast<void>(features);
  co_return success();
}

} // namespace

BOOST_FIXTURE_TEST_CASE(every_allocation_may_fail, linx::test::fresh_network)
{
  std::optional<genl::connection> c;
  linx::test::scenario busy;
  busy.begin = [&](asio::io_context& context) {
    c = genl::connection::open(context.get_executor()).value();
    linx::test::scenario::roots roots;
    roots.push_back(look_up(*c));
    roots.push_back(look_up(*c));
    roots.push_back(list(*c));
    roots.push_back(ask_ethtool(*c));
    return roots;
  };
  busy.end = [&](asio::io_context& context) {
    BOOST_TEST(linx::test::run(context, look_up(*c)).has_value());
    BOOST_TEST(linx::test::run(context, ask_ethtool(*c)).has_value());
    c.reset();
  };
  busy.with_every_allocation_failing();
}

BOOST_AUTO_TEST_SUITE_END()
