// One link is waited for and followed, as ip(8) makes, changes, renames and removes it.
#include "rtnl/network.hpp"

#include <linx/core/spawn.hpp>
#include <linx/core/with_timeout.hpp>
#include <linx/rtnl/watch_link.hpp>

BOOST_AUTO_TEST_SUITE(rtnl_watch_link_kernel, *boost::unit_test::precondition(linx::test::ip_possible))

namespace rtnl = linx::rtnl;
using namespace std::chrono_literals;
using linx::test::rtnl_network;
using linx::test::run;
using linx::test::run_command;
using linx::test::why;
using rtnl::link_condition;

namespace {

constexpr auto patience = 30s;

class linked_network : public rtnl_network {
public:
  static void ip(const std::string& command)
  {
    const auto done = run_command("ip " + command);
    BOOST_REQUIRE_MESSAGE(done.status == 0, command << ": " << done.output);
  }

  // `command` is run once the wait has begun and found nothing.
  rtnl::link waited_for(const rtnl::link_id& which, link_condition what, const std::string& command)
  {
    std::optional<linx::result<rtnl::link>> found;
    auto waiting = linx::with_timeout(rtnl::wait_for_link(context.get_executor(), which, what), patience);
    linx::spawn(context.get_executor(), std::move(waiting), [&](auto how) { found.emplace(std::move(how)); });
    context.restart();
    context.run_for(100ms);
    BOOST_TEST(!found.has_value());
    ip(command);
    context.restart();
    context.run();
    BOOST_REQUIRE(found.has_value());
    return linx::test::value_of(std::move(*found));
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_link_that_comes_up_step_by_step, linked_network)
{
  const auto made = waited_for("v0", link_condition::exists, "link add v0 type veth peer name v1");
  BOOST_TEST(made.name == "v0");
  BOOST_TEST(waited_for("v0", link_condition::up, "link set v0 up").is_up());
  BOOST_TEST(waited_for(made.index, link_condition::carrier, "link set v1 up").has_carrier());
  // all of it is so already
  const auto at_once =
      run(context, linx::with_timeout(
                       rtnl::wait_for_link(context.get_executor(), "v0", link_condition::carrier), patience));
  BOOST_TEST(at_once.has_value(), why(at_once));
}

// By an alternative name; removed and made anew in between.
BOOST_FIXTURE_TEST_CASE(a_wait_outlasts_a_removal, linked_network)
{
  ip("link add v0 type veth peer name v1");
  ip("link property add dev v0 altname wan");
  std::optional<linx::result<rtnl::link>> found;
  auto waiting =
      rtnl::wait_for_link(context.get_executor(), "wan", [](const rtnl::link& l) { return l.mtu == 1400; });
  auto limited = linx::with_timeout(std::move(waiting), patience);
  linx::spawn(context.get_executor(), std::move(limited), [&](auto how) { found.emplace(std::move(how)); });
  context.run_for(50ms);
  ip("link del v0");
  ip("link add v0 type veth peer name v1");
  ip("link property add dev v0 altname wan");
  context.run_for(50ms);
  BOOST_TEST(!found.has_value());
  ip("link set v0 mtu 1400");
  context.restart();
  context.run();
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(linx::test::value_of(std::move(*found)).mtu == 1400u);
}

// Through a new name to its end.
BOOST_FIXTURE_TEST_CASE(a_link_is_followed_to_its_end, linked_network)
{
  ip("link add v0 type veth peer name v1");
  auto states = linx::test::value_of(rtnl::watch_link(context.get_executor(), "v0"));
  const auto next = [&] {
    return linx::test::value_of(run(context, linx::with_timeout(states.next(), patience)));
  };
  const auto first = next();
  BOOST_REQUIRE(first.has_value());
  BOOST_TEST(first->name == "v0");
  ip("link set v0 name w0");
  ip("link set w0 mtu 1400");
  ip("link add v0 type veth peer name v2"); // another of that name
  ip("link set v0 mtu 1300");
  std::optional<rtnl::link> last = first;
  while (last->mtu != 1400u) {
    last = next();
    BOOST_REQUIRE(last.has_value());
    BOOST_TEST(last->index == first->index);
  }
  BOOST_TEST(last->name == "w0");
  ip("link del w0");
  while (last) last = next();
}

BOOST_FIXTURE_TEST_CASE(in_another_namespace, linked_network)
{
  const auto other = linx::test::another_network();
  auto there = linx::test::value_of(rtnl::connection::open(context.get_executor(), other));
  BOOST_REQUIRE(ask(there.add_link(rtnl::veth("o0", "o1"))).has_value());
  const auto found =
      run(context, linx::with_timeout(rtnl::wait_for_link(context.get_executor(), other, "o0"), patience));
  BOOST_TEST(found.has_value(), why(found));
  // and nowhere else
  const auto here = run(context, linx::with_timeout(rtnl::wait_for_link(context.get_executor(), "o0"), 50ms));
  BOOST_REQUIRE(!here.has_value());
  BOOST_TEST((here.error() == linx::errc::timed_out), why(here));
}

BOOST_AUTO_TEST_SUITE_END()
