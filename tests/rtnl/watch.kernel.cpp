// Watching a network never goes deaf: what comes back is told again, what is refused is tried again.
#include "rtnl/wanted_network.hpp"

#include <linx/core/spawn.hpp>
#include <linx/core/with_timeout.hpp>
#include <linx/net/literals.hpp>

#include <sys/wait.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(rtnl_watch_kernel, *boost::unit_test::precondition(linx::test::ip_possible))

namespace rtnl = linx::rtnl;
using namespace linx::net::literals;
using namespace std::chrono_literals;
using linx::test::contains;
using linx::test::run;
using linx::test::wanted_network;
using linx::test::why;
using rtnl::desired;
using rtnl::desired_address;
using rtnl::desired_link;
using rtnl::desired_route;

namespace {

constexpr auto own = wanted_network::own;
constexpr auto patience = 30s; // of a test that would wait for ever

desired house()
{
  desired want(own);
  want.add(desired_link("v0").veth("v1").up())
      .add(desired_link("v1").up())
      .add(desired_address("v0", "10.0.0.1/24"_ifaddr))
      .add(desired_route(rtnl::route("10.1.0.0/16"_subnet).via("10.0.0.2"_ip)))
      .add(desired_route(rtnl::route("10.2.0.0/16"_subnet), "v0"))
      .add(rtnl::rule().from("10.4.0.0/16"_subnet).lookup(100).at(1000));
  return want;
}

class watched_network : public wanted_network {
public:
  linx::stream<rtnl::plan> watch(const desired& want, rtnl::watch_options how = {})
  {
    return linx::test::value_of(rtnl::subscribe(context.get_executor(), want, want, how));
  }
  rtnl::plan told(linx::stream<rtnl::plan>& plans)
  {
    const auto next = run(context, linx::with_timeout(plans.next(), patience));
    BOOST_REQUIRE_MESSAGE(next.has_value(), why(next));
    BOOST_REQUIRE(next.value().has_value());
    return *next.value();
  }
};

// Tells of drift as long as there is any.
linx::task<> keep(linx::stream<rtnl::plan>& plans, rtnl::connection kernel, desired want)
{
  for (;;) {
    LINX_TRY(const auto drift, co_await plans.next());
    if (!drift) co_return linx::success();
    auto making = rtnl::reconcile(kernel, want, want);
    LINX_TRYV(co_await std::move(making));
  }
}

} // namespace

// Repaired, and the same again before anybody has looked.
BOOST_FIXTURE_TEST_CASE(the_same_drift_right_after_its_repair, watched_network)
{
  const auto want = house();
  converge(want);
  auto plans = watch(want);
  for (unsigned n = 0; n < 5; ++n) {
    ip("rule del priority 1000");
    BOOST_TEST(contains(to_string(told(plans)), "add rule 1000"));
    converge(want, want);
  }
}

// A step that the kernel refuses is told again though nothing happens.
BOOST_FIXTURE_TEST_CASE(a_refused_step_is_told_again, watched_network)
{
  auto want = house();
  converge(want);
  want.add(desired_route(rtnl::route("10.5.0.0/16"_subnet).via("10.99.0.1"_ip)));
  auto plans = watch(want);
  for (unsigned n = 0; n < 4; ++n) {
    BOOST_TEST(contains(to_string(told(plans)), "add route 10.5.0.0/16"));
    BOOST_TEST(reconcile(want, want).failed.has_value());
  }
  // possible now
  ip("address add 10.99.0.2/24 dev v0");
  BOOST_TEST(contains(to_string(told(plans)), "add route 10.5.0.0/16"));
  converge(want, want);
}

// Also without a word from the copy: at each resync.
BOOST_FIXTURE_TEST_CASE(what_differs_is_told_at_each_resync, watched_network)
{
  auto want = house();
  converge(want);
  want.add(desired_route(rtnl::route("10.5.0.0/16"_subnet).via("10.99.0.1"_ip)));
  auto plans = watch(want, rtnl::watch_options().resync(50ms));
  for (unsigned n = 0; n < 10; ++n) BOOST_TEST(contains(to_string(told(plans)), "add route 10.5.0.0/16"));
}

// Somebody breaks it all the time, and stops.
BOOST_FIXTURE_TEST_CASE(after_a_saboteur_all_is_as_wanted, watched_network)
{
  const auto want = house();
  converge(want);
  std::optional<linx::result<>> ended;
  auto plans = watch(want);
  linx::spawn(context.get_executor(), keep(plans, kernel, want), [&](auto how) { ended = std::move(how); });

  const auto saboteur = ::fork();
  if (saboteur == 0) {
    ::execl("/bin/sh", "sh", "-c",
            "for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do"
            " ip rule del pref 1000; ip route del 10.2.0.0/16; ip address flush dev v0; ip link set v0 down;"
            " ip route add 10.66.0.0/16 dev v0 proto 200; ip link del v0; done 2>/dev/null",
            nullptr);
    ::_exit(127);
  }
  int status = 0;
  context.restart();
  while (::waitpid(saboteur, &status, WNOHANG) == 0) context.run_for(5ms);
  // no other who would repair it
  const auto good = [this] {
    return contains(said("rule show"), "1000:") && contains(said("route show"), "10.2.0.0/16 dev v0") &&
           contains(said("route show"), "10.1.0.0/16 via 10.0.0.2") &&
           !contains(said("route show"), "10.66.");
  };
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!good() && std::chrono::steady_clock::now() < end) context.run_for(20ms);
  BOOST_TEST(good(), said("route show") + said("rule show"));
  plans.cancel();
  context.run();
  BOOST_REQUIRE(ended.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
