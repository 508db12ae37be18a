// Events as values, and the state after a loss.
#include "rtnl/network.hpp"

#include <linx/core/spawn.hpp>
#include <linx/io/unique_fd.hpp>
#include <linx/net/literals.hpp>
#include <linx/rtnl/monitor.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <net/if.h>
#include <sys/socket.h>

BOOST_AUTO_TEST_SUITE(rtnl_monitor_kernel, *boost::unit_test::precondition(linx::test::ip_possible))

namespace asio = boost::asio;
namespace netlink = linx::netlink;
namespace rtnl = linx::rtnl;
using namespace linx::net::literals;
using linx::task;
using linx::test::run;
using linx::test::why;

namespace {

linx::stream<rtnl::event> open_monitor(asio::io_context& context, rtnl::monitor_options options)
{
  return linx::test::value_of(rtnl::monitor::open(context.get_executor(), options));
}

// Awaitable: events until one is printed that holds `last`.
task<std::vector<std::string>> until(linx::stream<rtnl::event>& events, std::string last)
{
  std::vector<std::string> seen;
  for (;;) {
    LINX_TRY(auto e, co_await events.next());
    BOOST_REQUIRE(e.has_value());
    seen.push_back(to_string(*e));
    if (seen.back().find(last) != std::string::npos) co_return std::move(seen);
  }
}

bool saw(const std::vector<std::string>& events, const std::string& start, const std::string& part)
{
  return std::any_of(events.begin(), events.end(), [&](const std::string& e) {
    return e.starts_with(start) && e.find(part) != std::string::npos;
  });
}

// What a consumer believes that follows the rule of the room.
class belief {
public:
  void apply(const rtnl::event& e)
  {
    if (const auto* r = std::get_if<rtnl::changed<rtnl::route>>(&e)) {
      if (r->value().family() != linx::net::family::v4) return;
      if (r->what() == rtnl::change::removed)
        routes_.erase(r->value().destination);
      else
        routes_.insert(r->value().destination);
    } else if (std::holds_alternative<netlink::lost>(e)) {
      ++losses_;
      routes_.clear();
    } else if (std::holds_alternative<rtnl::synchronized>(e)) {
      ++synchronized_;
    }
  }

  const std::set<linx::net::subnet>& routes() const { return routes_; }
  std::size_t losses() const { return losses_; }
  std::size_t synchronized() const { return synchronized_; }

private:
  std::set<linx::net::subnet> routes_;
  std::size_t losses_ = 0;
  std::size_t synchronized_ = 0;
};

linx::net::subnet host(std::uint32_t n)
{
  const auto byte = [n](unsigned shift) { return static_cast<std::uint8_t>(n >> shift); };
  const std::array<std::uint8_t, 4> bytes{10, byte(16), byte(8), byte(0)};
  return {linx::net::ip(bytes), 32};
}

// Awaitable: applies events until a route to `last` has come, and after a loss until the state has been
// listed.
task<> follow(linx::stream<rtnl::event>& events, belief& state, linx::net::subnet last)
{
  while (!state.routes().contains(last) || state.losses() != state.synchronized()) {
    LINX_TRY(auto e, co_await events.next());
    BOOST_REQUIRE(e.has_value());
    state.apply(*e);
  }
  co_return linx::success();
}

task<> change_much(rtnl::connection c, std::uint32_t count)
{
  const std::uint32_t lo = ::if_nametoindex("lo");
  for (std::uint32_t n = 0; n < count; ++n) {
    LINX_TRYV(co_await c.add_route(rtnl::route(host(n)).dev(lo)));
    if (n % 3 == 0) {
      LINX_TRYV(co_await c.remove_route(rtnl::route(host(n)).dev(lo)));
    }
  }
  co_return linx::success();
}

} // namespace

BOOST_FIXTURE_TEST_CASE(what_others_do_is_seen, linx::test::fresh_network)
{
  asio::io_context context(1);
  auto events = open_monitor(context, rtnl::monitor_options());
  BOOST_REQUIRE(
      linx::test::run_command("ip link add v0 type veth peer name v1 && ip address add 10.0.0.1/24 dev v0 && "
                              "ip link set v0 up && ip route add 10.1.0.0/16 dev v0 && "
                              "ip route del 10.1.0.0/16 && ip address del 10.0.0.1/24 dev v0 && "
                              "ip link del v0")
          .status == 0);
  const auto seen = run(context, until(events, "removed link")).value();
  BOOST_TEST(saw(seen, "set link", " v0@"));
  BOOST_TEST(saw(seen, "set address", "10.0.0.1/24"));
  BOOST_TEST(saw(seen, "set route", "10.1.0.0/16"));
  BOOST_TEST(saw(seen, "removed route", "10.1.0.0/16"));
  BOOST_TEST(saw(seen, "removed address", "10.0.0.1/24"));
}

// The kinds that are off by default: told as they change, and listed at the start.
BOOST_FIXTURE_TEST_CASE(rules_neighbours_nexthops_and_qdiscs_are_seen_if_asked_for, linx::test::fresh_network)
{
  asio::io_context context(1);
  auto options = rtnl::monitor_options();
  options.links(false).addresses(false).routes(false);
  options.rules(true).neighbours(true).nexthops(true).qdiscs(true);
  auto events = open_monitor(context, options);
  BOOST_REQUIRE(linx::test::run_command(
                    "ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up && "
                    "tc qdisc add dev v0 root handle 7: pfifo limit 9 && "
                    "ip rule add from 10.1.0.0/16 lookup 100 priority 1000 && "
                    "ip neigh add 10.0.0.7 lladdr 02:00:00:00:00:07 dev v0 && ip nexthop add id 5 dev v0")
                    .status == 0);
  auto again = open_monitor(context, rtnl::monitor_options(options).initial_state(true));
  const auto listed = run(context, until(again, "synchronized")).value();
  BOOST_REQUIRE(linx::test::run_command("ip neigh del 10.0.0.7 dev v0 && ip rule del priority 1000 && "
                                        "tc qdisc del dev v0 root && ip nexthop del id 5")
                    .status == 0);
  const auto seen = run(context, until(events, "removed nexthop")).value();
  for (const auto& [kind, part] : {std::pair("rule", "from 10.1.0.0/16"), std::pair("neighbour", "10.0.0.7"),
                                   std::pair("nexthop", "id 5"), std::pair("qdisc", "pfifo")}) {
    BOOST_TEST(saw(listed, "listed " + std::string(kind), part), kind);
    BOOST_TEST(saw(seen, "set " + std::string(kind), part), kind);
    BOOST_TEST(saw(seen, "removed " + std::string(kind), part), kind);
  }
}

BOOST_FIXTURE_TEST_CASE(it_may_begin_with_the_present_state, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = linx::test::open_rtnl(context);
  BOOST_REQUIRE(run(context, c.add_link(rtnl::veth("v0", "v1"))).has_value());
  auto events = open_monitor(context, rtnl::monitor_options().initial_state(true));
  const auto seen = run(context, until(events, "synchronized")).value();
  BOOST_TEST(saw(seen, "listed link", " lo:"));
  BOOST_TEST(saw(seen, "listed link", " v1@"));
  BOOST_TEST(saw(seen, "listed address", "127.0.0.1/8"));
  BOOST_TEST(saw(seen, "listed route", "127.0.0.1/32"));
}

BOOST_FIXTURE_TEST_CASE(only_what_was_asked_for_is_told, linx::test::fresh_network)
{
  asio::io_context context(1);
  auto options = rtnl::monitor_options();
  options.links(false).routes(false).initial_state(true);
  auto events = open_monitor(context, options);
  BOOST_REQUIRE(linx::test::run_command("ip address add 10.0.0.1/24 dev lo").status == 0);
  const auto seen = run(context, until(events, "10.0.0.1/24")).value();
  for (const auto& e : seen) BOOST_TEST((e == "synchronized" || e.find(" address ") != std::string::npos), e);
}

// A small buffer, a consumer that looks away, and more changes than fit: the state in the end is the
// kernel's.
BOOST_FIXTURE_TEST_CASE(after_a_loss_the_state_is_that_of_a_fresh_listing, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = linx::test::open_rtnl(context);
  auto options = rtnl::monitor_options();
  options.receive_buffer(8192);
  auto events = open_monitor(context, options);
  constexpr std::uint32_t count = 2000;
  // from another context: this one does not get to reading meanwhile
  asio::io_context elsewhere(1);
  const auto other = linx::test::open_rtnl(elsewhere);
  const auto changed = run(elsewhere, change_much(other, count));
  BOOST_REQUIRE_MESSAGE(changed.has_value(), why(changed));

  belief state;
  const auto followed = run(context, follow(events, state, host(count - 1)));
  BOOST_REQUIRE_MESSAGE(followed.has_value(), why(followed));
  BOOST_TEST(state.losses() >= 1u);
  const auto listed = run(context, linx::test::collect(c.routes()));
  BOOST_REQUIRE_MESSAGE(listed.has_value(), why(listed));
  std::set<linx::net::subnet> fresh;
  for (const auto& r : listed.value()) fresh.insert(r.destination);
  BOOST_TEST((state.routes() == fresh));
  BOOST_TEST(fresh.size() > count / 2);
}

// The queue between socket and consumer is bounded too, and says so in the same way.
BOOST_FIXTURE_TEST_CASE(a_consumer_that_falls_behind_is_told_and_brought_up_to_date,
                        linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = linx::test::open_rtnl(context);
  auto options = rtnl::monitor_options();
  options.queue(10000);
  auto events = open_monitor(context, options);
  constexpr std::uint32_t count = 2000;
  // on the same context: the socket is read into the queue, and nobody takes from it
  const auto changed = run(context, change_much(c, count));
  BOOST_REQUIRE_MESSAGE(changed.has_value(), why(changed));
  belief state;
  const auto followed = run(context, follow(events, state, host(count - 1)));
  BOOST_REQUIRE_MESSAGE(followed.has_value(), why(followed));
  BOOST_TEST(state.losses() >= 1u);
  const auto listed = run(context, linx::test::collect(c.routes()));
  BOOST_REQUIRE_MESSAGE(listed.has_value(), why(listed));
  std::set<linx::net::subnet> fresh;
  for (const auto& r : listed.value()) fresh.insert(r.destination);
  BOOST_TEST((state.routes() == fresh));
}

// What an unprivileged host does: the socket comes from inside a namespace that it may not enter.
BOOST_FIXTURE_TEST_CASE(it_listens_on_a_socket_made_elsewhere, linx::test::fresh_network)
{
  asio::io_context context(1);
  linx::io::unique_fd made(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  auto adopted =
      rtnl::monitor::adopt(context.get_executor(), std::move(made), linx::test::open_rtnl(context));
  BOOST_REQUIRE_MESSAGE(adopted.has_value(), why(adopted));
  auto events = std::move(adopted).value();
  BOOST_REQUIRE(linx::test::run_command("ip address add 10.0.0.1/24 dev lo").status == 0);
  BOOST_TEST(saw(run(context, until(events, "10.0.0.1/24")).value(), "set address", "10.0.0.1/24"));
}

BOOST_FIXTURE_TEST_CASE(a_dropped_monitor_lets_the_context_end, linx::test::fresh_network)
{
  const auto before = linx::test::open_descriptors();
  {
    asio::io_context context(1);
    {
      auto events = open_monitor(context, rtnl::monitor_options().initial_state(true));
      BOOST_REQUIRE(run(context, until(events, "synchronized")).has_value());
    }
    context.restart();
    context.run();
    BOOST_TEST(context.stopped());
  }
  BOOST_TEST(linx::test::open_descriptors() == before);
}

// ASan and LSan are the judges.
BOOST_FIXTURE_TEST_CASE(a_monitor_may_outlive_its_context, linx::test::fresh_network)
{
  linx::stream<rtnl::event> events;
  {
    asio::io_context context(1);
    events = open_monitor(context, rtnl::monitor_options());
    linx::spawn(context.get_executor(), events.next(), [](auto) {});
    context.run_for(std::chrono::milliseconds(2));
  }
  asio::io_context other(1);
  BOOST_TEST((run(other, events.next()).error() == linx::errc::closed));
}

BOOST_AUTO_TEST_SUITE_END()
