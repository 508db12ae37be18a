// A cache that is asked to have seen what a connection did.
#include "rtnl/paired_network.hpp"

#include <linx/core/collect.hpp>
#include <linx/core/spawn.hpp>
#include <linx/core/with_timeout.hpp>
#include <linx/net/literals.hpp>
#include <linx/rtnl/cache.hpp>

#include <algorithm>

BOOST_AUTO_TEST_SUITE(rtnl_caught_up_kernel, *boost::unit_test::precondition(linx::test::ip_possible))

namespace asio = boost::asio;
namespace rtnl = linx::rtnl;
using namespace linx::net::literals;
using namespace std::chrono_literals;
using linx::task;
using linx::test::require;
using linx::test::run;
using linx::test::why;

namespace {

class followed_network : public linx::test::paired_network {
public:
  ~followed_network()
  {
    events.cancel();
    context.restart();
    context.poll();
  }

  void follow(rtnl::monitor_options options = rtnl::monitor_options())
  {
    copy = std::make_shared<rtnl::cache>(options);
    auto opened = rtnl::cache::follow(context.get_executor(), copy);
    BOOST_REQUIRE_MESSAGE(opened.has_value(), why(opened));
    events = std::move(opened).value();
  }

  // Reads the stream as a program does, in a task of its own.
  void read_on() { linx::spawn(context.get_executor(), reader(), asio::detached); }

  task<> reader()
  {
    for (;;) {
      auto next = events.next();
      LINX_TRY(const auto event, co_await std::move(next));
      if (!event) co_return linx::success();
      losses += std::holds_alternative<linx::netlink::lost>(*event) ? 1 : 0;
    }
  }

  std::size_t routes_to(const linx::net::subnet& where) const
  {
    const auto all = copy->routes();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const auto& r) { return r.destination == where; }));
  }

  std::shared_ptr<rtnl::cache> copy;
  linx::stream<rtnl::event> events;
  unsigned losses = 0;
};

// As many rounds as it takes to meet the events in every order with the answers.
task<unsigned> add_and_look(followed_network& net)
{
  unsigned wrong = 0;
  const auto where = "10.9.0.0/16"_subnet;
  const auto route = rtnl::route(where).via("10.0.0.2"_ip);
  for (int round = 0; round != 200; ++round) {
    LINX_TRYV(co_await net.kernel.add_route(route));
    LINX_TRYV(co_await net.copy->caught_up(net.kernel));
    if (net.routes_to(where) != 1) ++wrong;
    LINX_TRYV(co_await net.kernel.remove_route(route));
    LINX_TRYV(co_await net.copy->caught_up(net.kernel));
    if (net.routes_to(where) != 0) ++wrong;
  }
  co_return wrong;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(what_was_done_is_seen, followed_network)
{
  follow();
  read_on();
  const auto wrong = run(context, add_and_look(*this));
  BOOST_REQUIRE_MESSAGE(wrong, why(wrong));
  BOOST_TEST(wrong.value() == 0u);
}

// The kernel drops the routes of a link that goes down without a message.
BOOST_FIXTURE_TEST_CASE(what_the_kernel_did_without_a_word_is_seen, followed_network)
{
  follow();
  read_on();
  const auto where = "10.9.0.0/16"_subnet;
  require(run(context, kernel.add_route(rtnl::route(where).via("10.0.0.2"_ip))));
  require(run(context, copy->caught_up(kernel)));
  BOOST_TEST(routes_to(where) == 1u);
  require(run(context, kernel.set_down("v0")));
  require(run(context, copy->caught_up(kernel)));
  BOOST_TEST(routes_to(where) == 0u);
  BOOST_TEST(!copy->find_link("v0")->is_up());
}

// What was lost, the mark with it, is listed again.
BOOST_FIXTURE_TEST_CASE(losses_are_made_good_first, followed_network)
{
  follow(rtnl::monitor_options().receive_buffer(4096));
  read_on();
  require(run(context, copy->caught_up(kernel)));
  for (int round = 0; round != 20; ++round) {
    const auto made =
        linx::test::run_command("for i in $(seq 1 64); do echo \"route replace 10.20.$i.0/24 dev v0 metric " +
                                std::to_string(round + 1) + "\"; done | ip -batch -");
    BOOST_REQUIRE_MESSAGE(made.status == 0, made.output);
    require(run(context, copy->caught_up(kernel)));
    const auto all = copy->routes();
    const auto seen = std::count_if(all.begin(), all.end(), [&](const auto& r) {
      return r.metric == static_cast<std::uint32_t>(round + 1) &&
             to_string(r.destination).starts_with("10.20.");
    });
    BOOST_TEST(seen == 64);
  }
  BOOST_TEST(losses != 0u); // or the test has not tried anything
}

BOOST_FIXTURE_TEST_CASE(nobody_follows, followed_network)
{
  const rtnl::cache alone;
  const auto r = run(context, alone.caught_up(kernel));
  BOOST_TEST((r.error() == linx::errc::not_ready), why(r));
  follow();
  const rtnl::cache snapshot(*copy);
  BOOST_TEST((run(context, snapshot.caught_up(kernel)).error() == linx::errc::not_ready));
}

// Nobody reads, so it cannot be.
BOOST_FIXTURE_TEST_CASE(it_is_cancelled_and_closed, followed_network)
{
  follow();
  const auto late = run(context, linx::with_timeout(copy->caught_up(kernel), 50ms));
  BOOST_TEST((late.error() == linx::errc::timed_out), why(late));
  std::optional<linx::result<>> ended;
  linx::spawn(context.get_executor(), copy->caught_up(kernel), [&](auto r) { ended = std::move(r); });
  context.restart();
  context.run_for(20ms);
  BOOST_TEST(!ended);
  events.cancel();
  context.run_for(1s);
  BOOST_REQUIRE(ended);
  BOOST_TEST((ended->error() == linx::errc::closed), why(*ended));
}

BOOST_AUTO_TEST_SUITE_END()
