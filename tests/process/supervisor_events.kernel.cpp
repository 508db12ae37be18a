// What a supervisor tells, and nobody reads.

#include "process/supervisor_tree.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>

BOOST_AUTO_TEST_SUITE(process_supervisor_events_kernel)

using namespace linx;
using namespace linx::test;
using namespace std::chrono_literals;

namespace {

task<> fail_again_and_again(std::optional<tree>& t)
{
  // Fails before there is a process: thousands of those would take longer than a test may, and so would their
  // spawners, which trees have.
  process_options unable("/bin/true");
  unable.kill_scope(kill_scope::process);
  unable.standard_input(stdio::file("/no/such/file", O_RDONLY));
  supervisor_options options;
  options.add(child_spec("a", std::move(unable))).max_restarts(1'000'000, 1h);
  LINX_TRY(auto planted, co_await tree::plant(std::move(options)));
  t.emplace(std::move(planted));
  co_return success();
}

task<> until_restarted(tree& t, unsigned count)
{
  while (t.child("a").restarts < count) {
    LINX_TRYV(co_await pause_briefly());
  }
  co_return success();
}

task<> overrun(tree& t, stream<supervisor_event> events)
{
  std::size_t count = 0;
  for (;;) {
    auto next = co_await events.next();
    if (next) {
      ++count;
      continue;
    }
    BOOST_TEST((next.error() == errc::overrun));
    break;
  }
  BOOST_TEST(count >= 10'000u);
  LINX_TRYV(co_await t.stopped());
  co_return success();
}

} // namespace

// A stream that nobody reads is bounded.
BOOST_AUTO_TEST_CASE(an_unread_stream_overruns)
{
  asio::io_context context(1);
  std::optional<tree> t;
  const auto goes_on = [&](task<> body) {
    const auto done = run(context, std::move(body));
    BOOST_REQUIRE_MESSAGE(done, why(done));
  };
  goes_on(fail_again_and_again(t));
  auto events = t->root->events();
  // Three events each; every few of them have the time of a test, as the machine may be busy.
  for (unsigned count = 500; count <= 4000; count += 500) goes_on(until_restarted(*t, count));
  goes_on(overrun(*t, std::move(events)));
}

BOOST_AUTO_TEST_SUITE_END()
