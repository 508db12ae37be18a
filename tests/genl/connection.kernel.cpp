// Families of the running kernel.
#include "harness/network.hpp"
#include "harness/run.hpp"

#include <linx/core/collect.hpp>
#include <linx/genl/connection.hpp>
#include <linx/netlink/monitor.hpp>

#include <linux/genetlink.h>
#include <linux/taskstats.h>

BOOST_AUTO_TEST_SUITE(genl_connection_kernel, *boost::unit_test::precondition(linx::test::network_possible))

namespace asio = boost::asio;
namespace genl = linx::genl;
using linx::collect;
using linx::task;
using linx::test::run;
using linx::test::why;

namespace {

genl::connection open(asio::io_context& context)
{
  return linx::test::value_of(genl::connection::open(context.get_executor()));
}

} // namespace

// The controller is there in every kernel, and has the number that linux/genetlink.h gives it.
BOOST_FIXTURE_TEST_CASE(the_controller_describes_itself, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open(context);
  const auto found = run(context, c.family("nlctrl"));
  BOOST_REQUIRE_MESSAGE(found.has_value(), why(found));
  BOOST_TEST(found.value().id == GENL_ID_CTRL);
  BOOST_TEST(found.value().name == "nlctrl");
  const auto& ops = found.value().operations;
  const auto get =
      std::find_if(ops.begin(), ops.end(), [](auto& o) { return o.command() == CTRL_CMD_GETFAMILY; });
  BOOST_REQUIRE(get != ops.end());
  BOOST_TEST(get->answers());
  BOOST_TEST(get->dumps());
  BOOST_TEST(!get->needs_admin());
  BOOST_REQUIRE(found.value().group("notify").has_value());
  const auto none = found.value().group("monitor");
  BOOST_TEST(none.error().message().find("there is notify") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_listed_family_is_the_one_found_by_name, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open(context);
  const auto all = run(context, collect(c.families()));
  BOOST_REQUIRE_MESSAGE(all.has_value(), why(all));
  BOOST_TEST(all.value().size() > 1u);
  for (const auto& each : all.value()) {
    const auto found = run(context, c.family(each.name));
    BOOST_REQUIRE_MESSAGE(found.has_value(), why(found));
    BOOST_TEST((found.value() == each), to_string(each));
  }
}

// A person who sees ENOENT has to learn which family, and what to do.
BOOST_FIXTURE_TEST_CASE(a_family_that_is_not_there_is_named_with_its_module, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open(context);
  const auto missing = run(context, c.family("linx-nowhere"));
  BOOST_REQUIRE(!missing);
  BOOST_TEST(missing.error().errnum() == ENOENT);
  BOOST_TEST(missing.error().message().find("family \"linx-nowhere\"") != std::string::npos, why(missing));
  BOOST_TEST(missing.error().message().find("modprobe linx-nowhere") != std::string::npos);
  const auto long_name = run(context, c.family("a-name-of-sixteen"));
  BOOST_TEST((long_name.error().where() == linx::stage::argument));
}

namespace {

// The messages that reached the socket of `c` until now, by way of its sequence numbers.
task<std::uint32_t> next_sequence(const genl::connection& c)
{
  const genlmsghdr header{CTRL_CMD_GETFAMILY, 1, 0};
  linx::netlink::message_builder request(GENL_ID_CTRL, 0, header);
  request.put_string(CTRL_ATTR_FAMILY_NAME, "nlctrl");
  LINX_TRY(auto reply, co_await c.transport().request(std::move(request)));
  co_return reply.sequence();
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_family_is_asked_for_once, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open(context);
  const auto copy = c;
  BOOST_REQUIRE(run(context, c.family("nlctrl")).has_value());
  const auto before = run(context, next_sequence(c)).value();
  for (int i = 0; i < 10; ++i) BOOST_REQUIRE(run(context, copy.family("nlctrl")).has_value());
  BOOST_TEST(run(context, next_sequence(c)).value() == before + 1); // nothing was sent in between
  BOOST_REQUIRE(run(context, c.refresh("nlctrl")).has_value());
  BOOST_TEST(run(context, next_sequence(c)).value() == before + 3);
}

// What the doc block of the connection shows.
BOOST_FIXTURE_TEST_CASE(a_request_of_a_family_without_a_room, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open(context);
  const auto stats = run(context, c.family("TASKSTATS"));
  if (!stats) {
    BOOST_TEST_MESSAGE("skipped: " << why(stats));
    return;
  }
  auto request = stats.value().request(TASKSTATS_CMD_GET);
  request.put_u32(TASKSTATS_CMD_ATTR_PID, static_cast<std::uint32_t>(::getpid()));
  const auto reply = run(context, c.transport().request(std::move(request)));
  if (!reply && reply.error().errnum() == EPERM) {
    BOOST_TEST_MESSAGE("skipped: taskstats needs CAP_NET_ADMIN in the initial user namespace");
    return;
  }
  BOOST_REQUIRE_MESSAGE(reply.has_value(), why(reply));
  const auto outer = reply.value().attributes_after<genlmsghdr>().find(TASKSTATS_TYPE_AGGR_PID);
  BOOST_REQUIRE(outer.has_value());
  const auto pid = outer->nested().find(TASKSTATS_TYPE_PID);
  BOOST_TEST((pid && pid->as<std::uint32_t>() == static_cast<std::uint32_t>(::getpid())));
}

BOOST_AUTO_TEST_SUITE_END()
