// Memory fails while children of several tasks are on their way: whoever it was for is told, all others get
// their child, nobody hangs, and nothing is left.
#include "harness/namespaces.hpp"
#include "harness/scarcity.hpp"
#include "process/support.hpp"

#include "core/state_registry.hpp"

#include <linx/process/run.hpp>

BOOST_AUTO_TEST_SUITE(process_allocation_kernel)

using namespace linx;
using namespace linx::test;

namespace {

task<> by_a_checkpoint()
{
  LINX_TRY(auto child, co_await process::spawn(shell("exit 3")));
  LINX_TRYV(co_await child.ready());
  LINX_TRYV(co_await child.no_new_privs());
  LINX_TRYV(co_await child.proceed());
  LINX_TRY(const auto how, co_await child.wait());
  BOOST_TEST((how == exit_status::exited(3)), to_string(how));
  co_return success();
}

task<> by_itself()
{
  LINX_TRY(auto child, co_await process::spawn(shell("exit 4").auto_proceed()));
  LINX_TRY(const auto how, co_await child.wait());
  BOOST_TEST((how == exit_status::exited(4)), to_string(how));
  co_return success();
}

task<> to_the_end()
{
  LINX_TRY(const auto done, co_await linx::run(shell("echo out; echo err >&2; exit 5")));
  BOOST_TEST(done.output == "out\n");
  BOOST_TEST(done.errors == "err\n");
  BOOST_TEST((done.status == exit_status::exited(5)), to_string(done.status));
  co_return success();
}

} // namespace

BOOST_AUTO_TEST_CASE(every_allocation_may_fail)
{
  const auto open = open_descriptors();
  scenario children;
  children.begin = [](asio::io_context& context) {
    // Its strand: Boost 1.81 ends the program where the making of one fails (docs/core.md).
    static_cast<void>(linx::detail::state_registry::of(context.get_executor()));
    scenario::roots roots;
    for (int i = 0; i < 2; ++i) {
      roots.push_back(by_a_checkpoint());
      roots.push_back(by_itself());
      roots.push_back(to_the_end());
    }
    return roots;
  };
  children.end = [](asio::io_context& context) {
    const auto next = test::run(context, to_the_end());
    BOOST_TEST(next.has_value(), why(next));
  };
  children.with_every_allocation_failing();
  BOOST_TEST(open_descriptors() == open);
}

BOOST_AUTO_TEST_SUITE_END()
