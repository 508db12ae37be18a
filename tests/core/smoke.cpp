#include "core/queue.hpp"
#include "harness/run.hpp"

#include <linx/core/all_of.hpp>
#include <linx/core/cleanup.hpp>
#include <linx/core/first_of.hpp>
#include <linx/core/shielded.hpp>
#include <linx/core/with_timeout.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(core_smoke)
namespace {
linx::task<int> number(int n) { co_return n; }
linx::task<> nothing() { co_return linx::success(); }
linx::task<int> never()
{
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  timer.expires_at(std::chrono::steady_clock::time_point::max());
  auto waiting = timer.async_wait(boost::asio::as_tuple(boost::asio::deferred));
  static_cast<void>(co_await std::move(waiting));
  co_return linx::errc::cancelled;
}
linx::task<std::optional<int>> stream_case()
{
  auto q = linx::detail::make_state<linx::detail::queue_source<int>>(co_await boost::asio::this_coro::executor);
  q->push(4);
  linx::stream<int> s(q);
  co_return co_await s.next();
}
}
BOOST_AUTO_TEST_CASE(all)
{
  BOOST_TEST(linx::test::run(number(3)).value() == 3);
  auto r = linx::test::run(linx::all_of(number(1), nothing(), number(2)));
  BOOST_REQUIRE(r.has_value());
  BOOST_TEST(std::get<2>(r.value()) == 2);
  auto f = linx::test::run(linx::first_of(never(), number(2)));
  BOOST_REQUIRE(f.has_value());
  BOOST_TEST(f.value().index() == 1u);
  auto t = linx::test::run(linx::with_timeout(never(), 1ms));
  BOOST_REQUIRE(t.has_error());
  BOOST_TEST(t.error().message() == "timed out");
  auto c = linx::test::run(linx::cleanup(never(), 1ms));
  BOOST_REQUIRE(c.has_error());
  auto s = linx::test::run(stream_case());
  BOOST_REQUIRE(s.has_value());
  BOOST_TEST(s.value().value() == 4);
}
BOOST_AUTO_TEST_SUITE_END()
