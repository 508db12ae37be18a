// A cache beside fresh listings, after floods, losses and what the kernel does without a word.
#include "rtnl/paired_network.hpp"

#include <linx/core/spawn.hpp>
#include <linx/core/with_timeout.hpp>
#include <linx/net/literals.hpp>
#include <linx/rtnl/cache.hpp>

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <fstream>
#include <random>

#include <unistd.h>

BOOST_AUTO_TEST_SUITE(rtnl_cache_kernel, *boost::unit_test::precondition(linx::test::ip_possible))

namespace asio = boost::asio;
namespace netlink = linx::netlink;
namespace rtnl = linx::rtnl;
using namespace linx::net::literals;
using linx::task;
using linx::test::require;
using linx::test::run;
using linx::test::why;

namespace {

using namespace std::chrono_literals;

rtnl::monitor_options everything()
{
  return rtnl::monitor_options().rules(true).neighbours(true).nexthops(true).qdiscs(true);
}

// In words, and sorted: the order of IPv4 routes beside each other is not the cache's business.
template <class T>
std::vector<std::string> words(const std::vector<T>& values)
{
  std::vector<std::string> all;
  for (auto v : values) {
    if constexpr (std::is_same_v<T, rtnl::neighbour>) {
      if (v.state == NUD_NONE || (v.state & NUD_NOARP) != 0) continue;
    }
    all.push_back(to_string(v));
  }
  std::sort(all.begin(), all.end());
  return all;
}

template <class T>
std::string difference(const char* what, const std::vector<T>& cached, const std::vector<T>& fresh)
{
  const auto have = words(cached), want = words(fresh);
  std::string text;
  std::vector<std::string> only;
  std::set_difference(have.begin(), have.end(), want.begin(), want.end(), std::back_inserter(only));
  for (const auto& one : only) text += std::string("\n  cache alone, ") + what + ": " + one;
  only.clear();
  std::set_difference(want.begin(), want.end(), have.begin(), have.end(), std::back_inserter(only));
  for (const auto& one : only) text += std::string("\n  kernel alone, ") + what + ": " + one;
  return text;
}

class cached_network : public linx::test::paired_network {
public:
  void follow(rtnl::monitor_options options)
  {
    copy = std::make_shared<rtnl::cache>(options);
    auto opened = rtnl::cache::follow(context.get_executor(), copy);
    BOOST_REQUIRE_MESSAGE(opened.has_value(), why(opened));
    events = std::move(opened).value();
    settle();
  }

  // Applies events until none comes for a while and nothing is in doubt.
  void settle()
  {
    for (;;) {
      auto next = run(context, linx::with_timeout(events.next(), 30ms));
      if (next) {
        BOOST_REQUIRE(next.value().has_value());
        losses += std::holds_alternative<netlink::lost>(*next.value()) ? 1 : 0;
        continue;
      }
      BOOST_REQUIRE_MESSAGE((next.error() == linx::errc::timed_out), why(next));
      if (copy->is_exact()) return;
    }
  }

  std::string compared()
  {
    std::string text = difference("link", copy->links(), all(kernel.links()));
    text += difference("address", copy->addresses(), all(kernel.addresses()));
    auto routes = all(kernel.routes(linx::net::family::v4));
    for (auto& r : all(kernel.routes(linx::net::family::v6))) routes.push_back(std::move(r));
    text += difference("route", copy->routes(), routes);
    if (copy->options().rules()) text += difference("rule", copy->rules(), all(kernel.rules()));
    if (copy->options().neighbours())
      text += difference("neighbour", copy->neighbours(), all(kernel.neighbours()));
    if (copy->options().nexthops()) text += difference("nexthop", copy->nexthops(), all(kernel.nexthops()));
    if (copy->options().qdiscs()) text += difference("qdisc", copy->qdiscs(), all(kernel.qdiscs()));
    return text;
  }

  // Quiet is when the kernel has also done what it does later (DAD, carrier): hence the tries.
  void expect_equal(const std::string& after)
  {
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    std::string text;
    do {
      settle();
      text = compared();
    } while (!text.empty() && std::chrono::steady_clock::now() < deadline);
    BOOST_TEST(text.empty(), "after " << after << ":" << text);
  }

  void ip(const std::string& command)
  {
    const auto done = linx::test::run_command("ip " + command);
    BOOST_REQUIRE_MESSAGE(done.status == 0, "ip " << command << ": " << done.output);
  }

  std::shared_ptr<rtnl::cache> copy;
  linx::stream<rtnl::event> events;
  std::size_t losses = 0;
};

// Changes of all kinds as lines for `ip -batch`, many of which the kernel refuses.
class chaos {
public:
  explicit chaos(std::uint32_t seed) : random_(seed) {}

  std::string line()
  {
    switch (pick(16)) {
    case 0:
      return "link set " + dev() + (pick(2) != 0 ? " up" : " down");
    case 1:
      return "link set " + dev() + " mtu " + std::to_string(1400 + pick(100));
    case 2:
      return pick(2) != 0 ? "link add w0 type veth peer name w1" : "link del w0";
    case 3:
    case 4:
      return "address " + verb("add", "replace", "del") + " " + host() + "/" + std::to_string(24 + pick(2)) +
             " dev " + dev();
    case 5:
      return "-6 address " + verb("add", "replace", "del") + " 2001:db8::" + number(8) + "/64 dev " + dev() +
             " nodad";
    case 6:
      return "rule " + verb("add", "add", "del") + " from 10.9." + number(4) + ".0/24 lookup " + number(200) +
             " priority " + std::to_string(1000 + pick(8));
    case 7:
      return "neigh " + verb("add", "replace", "del") + " " + host() + " lladdr 02:00:00:00:00:0" +
             number(9) + " nud permanent dev " + dev();
    case 8:
      return "nexthop " +
             (pick(3) != 0 ? "replace id " + number(4) + " dev " + dev() : "del id " + number(4));
    case 9:
      return "-6 route " + verb("add", "replace", "append", "del") + " fd00:" + number(4) +
             "::/32 via 2001:db8::" + number(8) + " metric " + std::to_string(100 + pick(2)) + " dev " +
             dev();
    case 10:
      return "route " + verb("add", "replace", "append", "del") + " 10.2." + number(6) + ".0/24 nhid " +
             number(4);
    default:
      return "route " + verb("add", "replace", "append", "del") + " 10.1." + number(8) + ".0/24 dev " +
             dev() + (pick(3) == 0 ? " table 100" : "") + (pick(3) == 0 ? " metric 7" : "") +
             (pick(4) == 0 ? " src " + host() : "");
    }
  }

  std::uint32_t pick(std::uint32_t below) { return static_cast<std::uint32_t>(random_() % below); }

private:
  std::string number(std::uint32_t below) { return std::to_string(1 + pick(below)); }
  std::string dev() { return pick(4) == 0 ? "w0" : (pick(2) != 0 ? "v0" : "v1"); }
  std::string host() { return "10.0." + std::to_string(pick(2)) + "." + number(8); }
  template <class... Words>
  std::string verb(Words... words)
  {
    const std::array<const char*, sizeof...(words)> all{words...};
    return all[pick(sizeof...(words))];
  }

  std::mt19937 random_;
};

std::uint32_t fresh_seed()
{
  const auto seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  return seed;
}

// `ip -force -batch` of so many lines, after as many changes as fill a small buffer for certain.
void run_chaos(chaos& c, unsigned lines, unsigned certain = 0)
{
  char path[] = "/tmp/linx-cache-XXXXXX";
  const int fd = ::mkstemp(path);
  BOOST_REQUIRE(fd >= 0);
  ::close(fd);
  {
    std::ofstream file(path);
    for (unsigned n = 0; n < certain; ++n)
      file << "rule add from all lookup 99 priority 5000\nrule del priority 5000\n";
    for (unsigned n = 0; n < lines; ++n) file << c.line() << '\n';
  }
  linx::test::run_command(std::string("ip -force -batch ") + path + " > /dev/null 2>&1");
  ::unlink(path);
}

} // namespace

// The start of every copy: all tables of a network that is quiet.
BOOST_FIXTURE_TEST_CASE(it_begins_with_what_is_there, cached_network)
{
  ip("rule add from 10.1.0.0/16 lookup 100 priority 1000");
  ip("neigh add 10.0.0.7 lladdr 02:00:00:00:00:07 dev v0");
  ip("nexthop add id 1 dev v0");
  follow(everything());
  expect_equal("the start");
  BOOST_TEST(copy->find_link("v0")->index == v0);
  BOOST_TEST(!copy->nexthops().empty());
  BOOST_TEST(copy->rules().size() >= 6u);
}

// Each of these removes or changes objects for which no message comes.
BOOST_FIXTURE_TEST_CASE(what_the_kernel_does_without_a_word_is_found_out, cached_network)
{
  ip("route add 10.1.0.0/16 via 10.0.0.2 dev v0");
  ip("route add 10.2.0.0/16 dev v1");
  ip("nexthop add id 1 dev v1");
  ip("route add 10.3.0.0/16 nhid 1");
  ip("address add 10.5.0.1/32 dev v0");
  ip("route add 10.6.0.0/16 dev v1 src 10.5.0.1");
  ip("rule add iif v1 lookup 100 priority 1000");
  ip("rule add goto 3000 priority 2000");
  follow(everything());
  for (const char* step :
       {"address del 10.5.0.1/32 dev v0", "rule add from all nop priority 3000", "nexthop del id 1",
        "link set v1 down", "link set v1 up", "link set v0 down", "link del v0"}) {
    ip(step);
    expect_equal(step);
  }
}

// The messages for these three are the same.
BOOST_FIXTURE_TEST_CASE(routes_that_replace_and_routes_beside_each_other_are_told_apart, cached_network)
{
  follow(everything());
  for (const char* step :
       {"route add 10.1.0.0/16 dev v0", "route append 10.1.0.0/16 dev v1",
        "route replace 10.1.0.0/16 via 10.0.0.2", "route del 10.1.0.0/16 via 10.0.0.2",
        "-6 route add fd00::/16 via 2001:db8::2", "-6 route append fd00::/16 via 2001:db8::3",
        "-6 route append fd00::/16 via 2001:db8::4", "-6 route del fd00::/16 via 2001:db8::2",
        "-6 route replace fd00::/16 nexthop via 2001:db8::7 nexthop via 2001:db8::8",
        "-6 route del fd00::/16"}) {
    ip(step);
    expect_equal(step);
  }
}

// The promise of the room, with every event read.
BOOST_FIXTURE_TEST_CASE(after_a_flood_it_is_equal_to_a_fresh_listing, cached_network)
{
  follow(everything());
  const auto seed = fresh_seed();
  chaos c(seed);
  for (unsigned round = 0; round < 10; ++round) {
    run_chaos(c, 300);
    expect_equal("round " + std::to_string(round) + " of seed " + std::to_string(seed));
  }
}

// The same with a buffer for a few messages, which nobody reads meanwhile: most are lost.
BOOST_FIXTURE_TEST_CASE(after_losses_it_is_equal_to_a_fresh_listing, cached_network)
{
  follow(everything().receive_buffer(4096));
  const auto seed = fresh_seed();
  chaos c(seed);
  for (unsigned round = 0; round < 10; ++round) {
    const auto before = losses;
    run_chaos(c, 300, 50);
    expect_equal("round " + std::to_string(round) + " of seed " + std::to_string(seed));
    BOOST_TEST(losses > before);
  }
}

// A cancelled `next` loses neither an event nor a doubt.
BOOST_FIXTURE_TEST_CASE(it_survives_cancelled_waits, cached_network)
{
  follow(everything());
  const auto seed = fresh_seed();
  chaos c(seed);
  for (unsigned round = 0; round < 5; ++round) {
    run_chaos(c, 100);
    for (unsigned n = 0; n < 200; ++n) {
      const auto next =
          run(context, linx::with_timeout(events.next(), std::chrono::microseconds(c.pick(300))));
      BOOST_REQUIRE((next.has_value() || next.error() == linx::errc::timed_out));
    }
    expect_equal("round " + std::to_string(round) + " of seed " + std::to_string(seed));
  }
}

// ASan and LSan are the judges.
BOOST_AUTO_TEST_CASE(a_follower_may_outlive_its_context)
{
  linx::test::fresh_network network;
  auto copy = std::make_shared<rtnl::cache>();
  linx::stream<rtnl::event> events;
  {
    asio::io_context context(1);
    auto opened = rtnl::cache::follow(context.get_executor(), copy);
    require(opened);
    events = std::move(opened).value();
    linx::spawn(context.get_executor(), events.next(), [](auto) {});
    context.run_for(2ms);
  }
  asio::io_context other(1);
  BOOST_TEST((run(other, events.next()).error() == linx::errc::closed));
}

// The listings that settle a doubt have to be made there too.
BOOST_FIXTURE_TEST_CASE(another_network_is_followed, cached_network)
{
  const auto there = linx::test::another_network();
  auto far = rtnl::connection::open(context.get_executor(), there);
  require(far);
  copy = std::make_shared<rtnl::cache>(everything());
  auto opened = rtnl::cache::follow(context.get_executor(), there, copy);
  BOOST_REQUIRE_MESSAGE(opened.has_value(), why(opened));
  events = std::move(opened).value();
  settle();
  BOOST_TEST(copy->links().size() == 1u);
  require(run(context, far.value().add_link(rtnl::veth("far0", "far1"))));
  for (const char* end : {"far0", "far1"}) require(run(context, far.value().set_up(end)));
  require(run(context, far.value().add_address("far0", "10.3.0.1/24"_ifaddr)));
  require(run(context, far.value().add_route(rtnl::route::default_via("10.3.0.254"_ip))));
  settle();
  BOOST_TEST(copy->find_link("far0") != nullptr);
  BOOST_TEST(copy->find_link("v0") == nullptr);
  const auto default_routes = [this] {
    const auto routes = copy->routes();
    return std::count_if(routes.begin(), routes.end(),
                         [](const auto& r) { return r.destination.is_default() && !r.hops.empty(); });
  };
  BOOST_TEST(default_routes() == 1);
  // the kernel drops them with the link and says nothing
  require(run(context, far.value().set_down("far0")));
  settle();
  BOOST_TEST(copy->is_exact());
  BOOST_TEST(default_routes() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
