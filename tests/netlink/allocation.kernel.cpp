// A request that the kernel answers at once costs no allocation: route daemons make hundreds of thousands a
// second.
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

BOOST_AUTO_TEST_SUITE_END()
