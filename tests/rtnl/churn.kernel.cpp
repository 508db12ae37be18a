// Links that come and go all the time while they are listed: a cache and a monitor go on, and are right in
// the end.
#include "rtnl/network.hpp"

#include <linx/core/spawn.hpp>
#include <linx/rtnl/cache.hpp>
#include <linx/rtnl/link_kinds.hpp>
#include <linx/rtnl/new_link.hpp>
#include <linx/rtnl/veth.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <set>

BOOST_AUTO_TEST_SUITE(rtnl_churn_kernel, *boost::unit_test::precondition(linx::test::network_possible))

namespace rtnl = linx::rtnl;
using namespace std::chrono_literals;
using linx::test::rtnl_network;
using linx::test::why;

namespace {

constexpr auto patience = 30s;

linx::task<> come_and_go(rtnl::connection kernel)
{
  for (;;) {
    auto adding = kernel.add_link(rtnl::veth("c0", "c1"));
    LINX_TRYV(co_await std::move(adding));
    auto removing = kernel.remove_link("c0");
    LINX_TRYV(co_await std::move(removing));
  }
}

// A process that makes and removes pairs until it is ended.
class churn {
public:
  churn() : child_(::fork())
  {
    if (child_ != 0) return;
    boost::asio::io_context context(1);
    linx::spawn(context.get_executor(), come_and_go(linx::test::open_rtnl(context)), [](auto) {});
    context.run();
    ::_exit(1);
  }
  ~churn() { end(); }

  // Whether it went on until then.
  bool end()
  {
    if (child_ <= 0) return false;
    ::kill(child_, SIGKILL);
    int status = 0;
    ::waitpid(std::exchange(child_, 0), &status, 0);
    return WIFSIGNALED(status);
  }

private:
  pid_t child_;
};

linx::task<> drain(linx::stream<rtnl::event>& events, std::size_t& complete)
{
  for (;;) {
    LINX_TRY(const auto one, co_await events.next());
    if (!one) co_return linx::success();
    if (std::holds_alternative<rtnl::synchronized>(*one)) ++complete;
  }
}

std::set<std::string> names(const std::vector<rtnl::link>& links)
{
  std::set<std::string> all;
  for (const auto& each : links) all.insert(each.name);
  return all;
}

class busy_network : public rtnl_network {
public:
  busy_network()
  {
    for (unsigned n = 0; n < 100; ++n) {
      const auto number = std::to_string(n);
      const auto made = ask(kernel.add_link(rtnl::veth("a" + number, "b" + number)));
      BOOST_REQUIRE_MESSAGE(made.has_value(), why(made));
    }
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_cache_goes_on_and_is_exact_afterwards, busy_network)
{
  churn others;
  const auto copy = std::make_shared<rtnl::cache>(rtnl::monitor_options());
  auto events = linx::test::value_of(rtnl::cache::follow(context.get_executor(), copy));
  std::optional<linx::result<>> ended;
  std::size_t complete = 0;
  linx::spawn(context.get_executor(), drain(events, complete), [&](auto how) { ended = std::move(how); });
  context.restart();
  context.run_for(2s);
  BOOST_TEST(!ended.has_value(), (ended ? why(*ended) : std::string()));
  BOOST_TEST(others.end());
  const auto limit = std::chrono::steady_clock::now() + patience;
  while (!copy->is_exact() && std::chrono::steady_clock::now() < limit) context.run_for(20ms);
  BOOST_REQUIRE(copy->is_exact());
  context.run_for(200ms); // what was told last
  events.cancel();
  context.run();
  context.restart();
  BOOST_TEST((names(copy->links()) == names(all(kernel.links()))));
}

BOOST_FIXTURE_TEST_CASE(a_monitor_lists_the_whole_state_in_the_end, busy_network)
{
  churn others;
  auto events = linx::test::value_of(
      rtnl::monitor::open(context.get_executor(), rtnl::monitor_options().initial_state(true)));
  std::optional<linx::result<>> ended;
  std::size_t complete = 0;
  linx::spawn(context.get_executor(), drain(events, complete), [&](auto how) { ended = std::move(how); });
  context.restart();
  context.run_for(2s);
  BOOST_TEST(!ended.has_value(), (ended ? why(*ended) : std::string()));
  BOOST_TEST(others.end());
  const auto limit = std::chrono::steady_clock::now() + patience;
  while (complete == 0 && std::chrono::steady_clock::now() < limit) context.run_for(20ms);
  BOOST_TEST(complete != 0u);
  events.cancel();
  context.run();
}

BOOST_AUTO_TEST_SUITE_END()
