// One socket, many callers, the real kernel.
#include "harness/run.hpp"
#include "netlink/network.hpp"

#include <linx/core/all_of.hpp>
#include <linx/ns/handle.hpp>

#include <algorithm>
#include <chrono>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(netlink_connection_kernel,
                      *boost::unit_test::precondition(linx::test::network_possible))

namespace asio = boost::asio;
namespace netlink = linx::netlink;
using linx::result;
using linx::success;
using linx::task;
using linx::test::add_route;
using linx::test::address;
using linx::test::delete_route;
using linx::test::open_netlink;
using linx::test::run;

namespace {

std::string routes()
{
  return linx::test::run_command("ip -4 route show table main").output;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(what_is_submitted_has_happened, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open_netlink(context);
  BOOST_TEST(run(context, c.submit(add_route(1))).has_value());
  BOOST_TEST(routes().find("10.0.0.1 dev lo proto static scope link") != std::string::npos);
  BOOST_TEST(run(context, c.submit(delete_route(1))).has_value());
  BOOST_TEST(routes() == "");
}

BOOST_FIXTURE_TEST_CASE(a_request_brings_its_reply, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open_netlink(context);
  netlink::message_builder request(RTM_GETLINK, 0, ifinfomsg{});
  request.put_string(IFLA_IFNAME, "lo");
  const auto reply = run(context, c.request(std::move(request)));
  BOOST_REQUIRE(reply.has_value());
  BOOST_TEST(reply.value().type() == RTM_NEWLINK);
  BOOST_TEST((reply.value().attributes_after<ifinfomsg>().find(IFLA_IFNAME)->as_string() == "lo"));
}

// Without the kernel's sentence EINVAL says nothing to a person.
BOOST_FIXTURE_TEST_CASE(a_refusal_says_what_the_kernel_said, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open_netlink(context);

  rtmsg header{};
  header.rtm_family = AF_INET;
  header.rtm_dst_len = 8;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_type = RTN_UNICAST;
  netlink::message_builder bad_prefix(RTM_NEWROUTE, NLM_F_CREATE, header);
  bad_prefix.put_u32(RTA_DST, address(1));
  bad_prefix.put_u32(RTA_OIF, 1);
  const auto refused = run(context, c.submit(std::move(bad_prefix)));
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().where() == linx::stage::kernel));
  BOOST_TEST(refused.error().errnum() == EINVAL);
  BOOST_TEST(refused.error().kernel_text() == "Invalid prefix for given prefix length");

  // an attribute of the wrong length: the kernel says which byte, linx which attribute
  header.rtm_dst_len = 32;
  netlink::message_builder bad_gateway(RTM_NEWROUTE, NLM_F_CREATE, header);
  bad_gateway.put_u32(RTA_DST, address(1));
  bad_gateway.put_u8(RTA_OIF, 1);
  bad_gateway.set_names(linx::test::route_names);
  const auto named = run(context, c.submit(std::move(bad_gateway)));
  BOOST_REQUIRE(!named);
  BOOST_TEST(named.error().offset() == 36u);
  BOOST_TEST(named.error().attribute() == "RTA_OIF");
  BOOST_TEST(named.error().message().find("RTA_OIF") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_request_that_cannot_be_encoded_is_not_sent, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open_netlink(context);
  auto request = add_route(1);
  request.put(RTA_METRICS, std::vector<std::byte>(70000));
  const auto refused = run(context, c.submit(std::move(request)));
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().where() == linx::stage::argument));
  BOOST_TEST(routes() == "");
}

namespace {

class crowd {
public:
  std::size_t answered = 0;
  std::size_t listed = 0;
  std::size_t answered_before_the_dump = 0;
  std::chrono::steady_clock::duration worst_wait{}, dump{};
};

task<> add_and_look_up(netlink::connection c, std::uint32_t n, crowd& all)
{
  const auto began = std::chrono::steady_clock::now();
  LINX_TRYV(co_await c.submit(add_route(n)));
  auto request = linx::test::route_request(RTM_GETROUTE, RTM_F_LOOKUP_TABLE, address(n));
  LINX_TRY(auto reply, co_await c.request(std::move(request)));
  const auto destination = reply.attributes_after<rtmsg>().find(RTA_DST);
  if (destination && destination->as<std::uint32_t>() == address(n)) ++all.answered;
  all.worst_wait = std::max(all.worst_wait, std::chrono::steady_clock::now() - began);
  co_return success();
}

task<> list_beside(netlink::connection c, crowd& all)
{
  const auto began = std::chrono::steady_clock::now();
  LINX_TRY(all.listed, co_await linx::test::count_messages(c.dump(linx::test::list_routes())));
  all.answered_before_the_dump = all.answered;
  all.dump = std::chrono::steady_clock::now() - began;
  co_return success();
}

task<> a_thousand_callers(netlink::connection c, crowd& all)
{
  std::vector<task<>> callers;
  callers.push_back(list_beside(c, all));
  for (std::uint32_t n = 0; n < 1000; ++n) callers.push_back(add_and_look_up(c, 100000 + n, all));
  auto joined = linx::all_of(std::move(callers));
  LINX_TRYV(co_await std::move(joined));
  co_return success();
}

} // namespace

// The promise of the room: replies do not meet the wrong caller, whoever else is asking, and nobody starves.
BOOST_FIXTURE_TEST_CASE(a_thousand_callers_and_a_dump_share_one_socket, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open_netlink(context);
  BOOST_REQUIRE(run(context, linx::test::fill_routes(c, 20000)).has_value());
  crowd all;
  const auto done = run(context, a_thousand_callers(c, all));
  BOOST_REQUIRE_MESSAGE(done.has_value(), linx::test::why(done));
  BOOST_TEST(all.answered == 1000u);
  BOOST_TEST(all.listed >= 20000u);
  BOOST_TEST(all.listed <= 21000u);
  using ms = std::chrono::duration<double, std::milli>;
  BOOST_TEST_MESSAGE("the dump took " << ms(all.dump).count() << " ms, the longest wait for two requests was "
                                      << ms(all.worst_wait).count() << " ms, " << all.answered_before_the_dump
                                      << " callers were answered before the dump was over");
}

namespace {

// Each acknowledged by itself, from coroutines of their own.
task<> two_thousand_callers(netlink::connection c)
{
  std::vector<task<>> callers;
  for (std::uint32_t n = 0; n < 2000; ++n) callers.push_back(c.submit(add_route(n)));
  auto joined = linx::all_of(std::move(callers));
  LINX_TRYV(co_await std::move(joined));
  co_return success();
}

} // namespace

// 256 answers find room in the default receive buffer; the 257th would be dropped, and its request time out.
BOOST_FIXTURE_TEST_CASE(answers_in_flight_fit_the_default_receive_buffer, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open_netlink(context, netlink::connection_options().receive_buffer(0));
  const auto done = run(context, two_thousand_callers(c));
  BOOST_REQUIRE_MESSAGE(done.has_value(), linx::test::why(done));
  std::vector<netlink::message_builder> requests;
  for (std::uint32_t n = 0; n < 5000; ++n) requests.push_back(delete_route(n));
  const auto results = run(context, c.batch(std::move(requests)));
  BOOST_REQUIRE_MESSAGE(results.has_value(), linx::test::why(results));
  for (std::size_t n = 0; n < 5000; ++n) {
    const auto& one = results.value()[n];
    BOOST_TEST((n < 2000 ? one.has_value() : !one && one.error().errnum() == ESRCH), linx::test::why(one));
  }
}

BOOST_FIXTURE_TEST_CASE(a_batch_has_one_result_for_each, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open_netlink(context);
  BOOST_REQUIRE(run(context, c.submit(add_route(3))).has_value());
  std::vector<netlink::message_builder> requests;
  for (std::uint32_t n = 0; n < 1000; ++n) requests.push_back(add_route(n));
  requests[5].put(RTA_METRICS, std::vector<std::byte>(70000));
  auto results = run(context, c.batch(std::move(requests)));
  BOOST_REQUIRE(results.has_value());
  BOOST_REQUIRE(results.value().size() == 1000u);
  for (std::size_t i = 0; i < 1000; ++i) {
    const auto& one = results.value()[i];
    if (i == 3)
      BOOST_TEST(one.error().errnum() == EEXIST);
    else if (i == 5)
      BOOST_TEST((one.error().where() == linx::stage::argument));
    else
      BOOST_TEST(one.has_value());
  }
}

// Acknowledged or not, a request that fails has to be found out, and be told by its own position.
BOOST_FIXTURE_TEST_CASE(bulk_tells_which_were_refused, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open_netlink(context);
  for (const std::uint32_t n : {0u, 127u, 500u, 999u})
    BOOST_REQUIRE(run(context, c.submit(add_route(n))).has_value());
  std::vector<netlink::message_builder> requests;
  for (std::uint32_t n = 0; n < 1000; ++n) requests.push_back(add_route(n));
  const auto refused = run(context, c.bulk(std::move(requests)));
  BOOST_REQUIRE(refused.has_value());
  std::vector<std::size_t> positions;
  for (const auto& r : refused.value()) {
    positions.push_back(r.index());
    BOOST_TEST(r.reason().errnum() == EEXIST);
  }
  BOOST_TEST((positions == std::vector<std::size_t>{0, 127, 500, 999}));
  BOOST_TEST(run(context, linx::test::count_messages(c.dump(linx::test::list_routes()))).value() == 1000u);
}

// Each of them fails: as many errors as requests come back, and must find room in a small buffer.
BOOST_FIXTURE_TEST_CASE(a_small_receive_buffer_holds_the_refusals_of_a_bulk, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open_netlink(context, netlink::connection_options().receive_buffer(4096));
  std::vector<netlink::message_builder> requests;
  for (std::uint32_t n = 0; n < 1000; ++n) requests.push_back(delete_route(n));
  const auto refused = run(context, c.bulk(std::move(requests)));
  BOOST_REQUIRE_MESSAGE(refused.has_value(), linx::test::why(refused));
  BOOST_TEST(refused.value().size() == 1000u);
}

BOOST_FIXTURE_TEST_CASE(raw_messages_go_out_as_one_datagram, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open_netlink(context);
  std::vector<std::byte> bytes;
  for (const std::uint32_t n : {1u, 1u, 2u}) {
    auto one = add_route(n);
    one.add_flags(n == 2 ? NLM_F_ACK : 0);
    bytes.insert(bytes.end(), one.bytes().begin(), one.bytes().end());
  }
  const auto unacknowledged =
      std::vector<std::byte>(bytes.begin(), bytes.begin() + static_cast<int>(add_route(1).size()));
  auto reply = run(context, c.transact(bytes, &linx::test::route_names));
  BOOST_REQUIRE(reply.has_value());
  BOOST_TEST(reply.value().acknowledged());
  BOOST_REQUIRE(reply.value().refusals().size() == 1u);
  BOOST_TEST(reply.value().refusals()[0].index() == 1u);
  BOOST_TEST(reply.value().refusals()[0].reason().errnum() == EEXIST);

  // Nobody acknowledges this one, as nobody does a batch on kernels before 6.10: it must not be waited for.
  BOOST_REQUIRE(run(context, c.submit(delete_route(1))).has_value());
  reply = run(context, c.transact(unacknowledged));
  BOOST_REQUIRE(reply.has_value());
  BOOST_TEST(!reply.value().acknowledged());
  BOOST_TEST(reply.value().refusals().empty());
  BOOST_TEST(routes().find("10.0.0.1 ") != std::string::npos);

  BOOST_TEST((run(context, c.transact(std::vector<std::byte>(20))).error().where() == linx::stage::argument));
}

// 213 KB is what the default send buffer takes; a ruleset is longer.
BOOST_FIXTURE_TEST_CASE(a_long_batch_raises_the_send_buffer, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open_netlink(context);
  std::vector<std::byte> bytes;
  for (std::uint32_t n = 0; n < 20000; ++n) {
    auto one = add_route(n);
    if (n == 19999) one.add_flags(NLM_F_ACK);
    bytes.insert(bytes.end(), one.bytes().begin(), one.bytes().end());
  }
  BOOST_TEST(bytes.size() > 500000u);
  const auto reply = run(context, c.transact(std::move(bytes)));
  BOOST_REQUIRE_MESSAGE(reply.has_value(), linx::test::why(reply));
  BOOST_TEST(reply.value().acknowledged());
  BOOST_TEST(run(context, linx::test::count_messages(c.dump(linx::test::list_routes()))).value() == 20000u);
}

// The socket stays where it was made: that is all it takes to configure a container from outside.
BOOST_FIXTURE_TEST_CASE(a_connection_into_another_namespace, linx::test::fresh_network)
{
  BOOST_REQUIRE(linx::test::run_command("ip link add here type ifb").status == 0);
  const auto here = linx::ns::handle::of_self(linx::ns::kind::net);
  BOOST_REQUIRE(here.has_value());
  BOOST_REQUIRE(!linx::test::enter_fresh_network());

  asio::io_context context(1);
  auto c = netlink::connection::open(context.get_executor(), NETLINK_ROUTE, here.value());
  if (!c && c.error().errnum() == EPERM) {
    BOOST_TEST_MESSAGE("skipped: " << c.error().message());
    return;
  }
  BOOST_REQUIRE_MESSAGE(c.has_value(), linx::test::why(c));
  netlink::message_builder request(RTM_GETLINK, 0, ifinfomsg{});
  request.put_string(IFLA_IFNAME, "here");
  const auto there = run(context, c.value().request(request));
  BOOST_TEST(there.has_value());
  BOOST_TEST(run(context, open_netlink(context).request(request)).error().errnum() == ENODEV);
}

// A namespace may be given by whoever lives in it, or by the file that ip-netns(8) keeps it alive with.
BOOST_FIXTURE_TEST_CASE(a_connection_into_the_namespace_of_a_process, linx::test::fresh_network)
{
  BOOST_REQUIRE(linx::test::run_command("ip link add here type ifb").status == 0);
  int ends[2];
  BOOST_REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  linx::io::unique_fd reader(ends[0]), writer(ends[1]);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[1]);
    char byte;
    ::_exit(static_cast<int>(::read(ends[0], &byte, 1)));
  }
  BOOST_REQUIRE(child > 0);
  BOOST_REQUIRE(!linx::test::enter_fresh_network());
  const std::string path = "/proc/" + std::to_string(child) + "/ns/net";
  for (const bool by_pid : {true, false}) {
    const auto net = by_pid ? linx::ns::handle::from_pid(linx::ns::kind::net, child)
                            : linx::ns::handle::from_path(linx::ns::kind::net, path);
    BOOST_REQUIRE_MESSAGE(net.has_value(), linx::test::why(net));
    asio::io_context context(1);
    auto c = netlink::connection::open(context.get_executor(), NETLINK_ROUTE, net.value());
    if (!c && c.error().errnum() == EPERM) {
      BOOST_TEST_MESSAGE("skipped: " << c.error().message());
      break;
    }
    BOOST_REQUIRE_MESSAGE(c.has_value(), linx::test::why(c));
    netlink::message_builder request(RTM_GETLINK, 0, ifinfomsg{});
    request.put_string(IFLA_IFNAME, "here");
    BOOST_TEST(run(context, c.value().request(request)).has_value());
  }
  writer.reset();
  BOOST_REQUIRE(::waitpid(child, nullptr, 0) == child);
  const auto gone = linx::ns::handle::from_pid(linx::ns::kind::net, child);
  BOOST_REQUIRE(!gone);
  BOOST_TEST((gone.error().where() == linx::stage::open_ns_net));
  BOOST_TEST(gone.error().message().find(std::to_string(child)) != std::string::npos, linx::test::why(gone));
}

BOOST_AUTO_TEST_CASE(an_unknown_protocol_is_named)
{
  asio::io_context context(1);
  const auto c = netlink::connection::open(context.get_executor(), 31);
  BOOST_REQUIRE(!c);
  BOOST_TEST((c.error().where() == linx::stage::open));
  BOOST_TEST(c.error().message().find("31") != std::string::npos);
}

// SO_RCVBUFFORCE is EPERM in a user namespace: a smaller buffer is no reason to refuse.
BOOST_AUTO_TEST_CASE(an_unprivileged_caller_gets_what_buffer_there_is)
{
  const int status = linx::test::run_in_child([] {
    if (linx::test::enter_fresh_user_network()) return linx::test::child_skipped;
    asio::io_context context(1);
    auto c = netlink::connection::open(context.get_executor(), NETLINK_ROUTE,
                                       netlink::connection_options().receive_buffer(std::size_t(256) << 20));
    if (!c) return 1;
    return run(context, c.value().submit(add_route(1))).has_value() ? 0 : 2;
  });
  if (status == linx::test::child_skipped)
    BOOST_TEST_MESSAGE("skipped: no user namespace may be created here");
  else
    BOOST_TEST(status == 0);
}

BOOST_AUTO_TEST_SUITE_END()
