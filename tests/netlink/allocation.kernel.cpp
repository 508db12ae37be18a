// A request that the kernel answers at once costs no allocation, and a dump in parts no more memory for a
// longer table: route daemons make hundreds of thousands of requests a second, and list tables of as many
// routes.
#include "harness/allocations.hpp"
#include "harness/run.hpp"
#include "netlink/network.hpp"

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
    BOOST_OUTCOME_CO_TRYV(co_await c.submit(add_route(1)));
    BOOST_OUTCOME_CO_TRYV(co_await c.submit(delete_route(1)));
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

} // namespace

BOOST_AUTO_TEST_SUITE(netlink_allocation_kernel,
                      *boost::unit_test::precondition(linx::test::network_possible))

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

BOOST_AUTO_TEST_SUITE_END()
