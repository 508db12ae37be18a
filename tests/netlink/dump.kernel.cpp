// Listing a table that others change meanwhile.
#include "core/fairness.hpp"
#include "harness/run.hpp"
#include "netlink/connection_access.hpp"
#include "netlink/network.hpp"

#include <linx/core/all_of.hpp>
#include <linx/core/spawn.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <thread>

BOOST_AUTO_TEST_SUITE(netlink_dump_kernel, *boost::unit_test::precondition(linx::test::network_possible))

namespace asio = boost::asio;
namespace netlink = linx::netlink;
using linx::errc;
using linx::success;
using linx::task;
using linx::test::add_route;
using linx::test::address_request;
using linx::test::open_netlink;
using linx::test::run;

namespace {

constexpr std::uint32_t many = 10000; // dozens of datagrams
// For each new address the kernel looks at all that the link has: with more an emulated machine takes too
// long.
constexpr std::uint32_t some = 3000;

task<> fill_addresses(netlink::connection c, std::uint32_t count)
{
  std::vector<netlink::message_builder> requests;
  for (std::uint32_t n = 0; n < count; ++n) requests.push_back(address_request(RTM_NEWADDR, NLM_F_CREATE, n));
  LINX_TRY(auto refused, co_await c.bulk(std::move(requests)));
  if (!refused.empty()) co_return refused.front().reason();
  co_return success();
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_dump_has_every_entry_once, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open_netlink(context);
  BOOST_REQUIRE(run(context, linx::test::fill_routes(c, many)).has_value());
  const auto all = [&](netlink::dump_options options) {
    return run(context, linx::test::count_messages(c.dump(linx::test::list_routes(), options)));
  };
  BOOST_TEST(all(netlink::dump_options()).value() == many);
  BOOST_TEST(all(netlink::dump_options().incremental()).value() == many);
}

// Strict checking is what makes the kernel honour the table in the header, 600 times faster where it matters.
BOOST_FIXTURE_TEST_CASE(a_filter_in_the_header_is_honoured, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open_netlink(context);
  BOOST_REQUIRE(run(context, linx::test::fill_routes(c, 100)).has_value());
  rtmsg header{};
  header.rtm_family = AF_INET;
  header.rtm_table = RT_TABLE_LOCAL;
  const netlink::message_builder local(RTM_GETROUTE, 0, header);
  BOOST_TEST(run(context, linx::test::count_messages(c.dump(local))).value() < 10u);
  const auto lax = netlink::connection::open(context.get_executor(), NETLINK_ROUTE,
                                             netlink::connection_options().strict_checks(false));
  BOOST_TEST(run(context, linx::test::count_messages(lax.value().dump(local))).value() > 100u);
}

BOOST_FIXTURE_TEST_CASE(what_the_kernel_refuses_ends_the_stream, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open_netlink(context);
  rtmsg header{};
  header.rtm_family = AF_INET;
  header.rtm_dst_len = 32; // no filter of a dump
  auto rejected = run(context, linx::test::count_messages(c.dump({RTM_GETROUTE, 0, header})));
  BOOST_REQUIRE(!rejected);
  BOOST_TEST((rejected.error().where() == linx::stage::kernel));
  BOOST_TEST(rejected.error().errnum() == EINVAL);
  BOOST_TEST(rejected.error().kernel_text() != "");
}

namespace {

task<> ask_between_blocks(netlink::connection c, std::size_t& listed)
{
  auto routes = c.dump_blocks(linx::test::list_routes(), netlink::dump_options().incremental());
  for (std::uint32_t n = 0;; ++n) {
    LINX_TRY(auto block, co_await routes.next());
    if (!block) break;
    listed += static_cast<std::size_t>(std::distance(block->begin(), block->end()));
    LINX_TRYV(co_await c.submit(address_request(RTM_NEWADDR, NLM_F_CREATE, (200 << 16) + n)));
  }
  co_return success();
}

} // namespace

BOOST_FIXTURE_TEST_CASE(requests_pass_between_the_blocks_of_a_dump, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open_netlink(context);
  BOOST_REQUIRE(run(context, linx::test::fill_routes(c, many)).has_value());
  std::size_t listed = 0;
  const auto done = run(context, ask_between_blocks(c, listed));
  BOOST_REQUIRE_MESSAGE(done.has_value(), linx::test::why(done));
  BOOST_TEST(listed >= many);
}

namespace {

task<> dump_inside_a_dump(netlink::connection c, std::size_t& outer, std::size_t& inner)
{
  auto first = c.dump(linx::test::list_routes(), netlink::dump_options().incremental());
  LINX_TRY(auto one, co_await first.next());
  BOOST_REQUIRE(one.has_value());
  // the kernel would refuse this one with EBUSY; nobody reads the first one meanwhile
  LINX_TRY(inner, co_await linx::test::count_messages(c.dump(linx::test::list_routes())));
  LINX_TRY(auto rest, co_await linx::test::count_messages(std::move(first)));
  outer = rest + 1;
  co_return success();
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_dump_inside_a_dump_neither_fails_nor_hangs, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open_netlink(context);
  BOOST_REQUIRE(run(context, linx::test::fill_routes(c, many)).has_value());
  std::size_t outer = 0, inner = 0;
  const auto done = run(context, dump_inside_a_dump(c, outer, inner));
  BOOST_REQUIRE_MESSAGE(done.has_value(), linx::test::why(done));
  BOOST_TEST(outer == many);
  BOOST_TEST(inner == many);
}

namespace {

task<std::size_t> drop_a_dump_and_list_again(netlink::connection c)
{
  for (int i = 0; i < 3; ++i) {
    auto dropped = c.dump(linx::test::list_routes(), netlink::dump_options().incremental());
    LINX_TRY(auto one, co_await dropped.next());
    BOOST_REQUIRE(one.has_value());
  }
  auto all = linx::test::count_messages(c.dump(linx::test::list_routes()));
  co_return co_await std::move(all);
}

} // namespace

// The rest of it still comes: it must not be taken for an entry of the next dump.
BOOST_FIXTURE_TEST_CASE(a_dump_that_was_dropped_does_not_leak_into_the_next, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open_netlink(context);
  BOOST_REQUIRE(run(context, linx::test::fill_routes(c, many)).has_value());
  const auto listed = run(context, drop_a_dump_and_list_again(c));
  BOOST_REQUIRE_MESSAGE(listed.has_value(), linx::test::why(listed));
  BOOST_TEST(listed.value() == many);
}

namespace {

task<std::size_t> change_after_the_first_block(netlink::connection c)
{
  auto addresses = c.dump_blocks(linx::test::list_addresses(), netlink::dump_options().incremental());
  LINX_TRY(auto block, co_await addresses.next());
  BOOST_REQUIRE(block.has_value());
  LINX_TRYV(co_await c.submit(address_request(RTM_DELADDR, 0, some - 1)));
  std::size_t blocks = 1;
  for (;;) {
    LINX_TRY(auto more, co_await addresses.next());
    if (!more) co_return blocks;
    ++blocks;
  }
}

} // namespace

// NLM_F_DUMP_INTR, made to happen: the table changes after the first datagram has been read.
BOOST_FIXTURE_TEST_CASE(an_interrupted_dump_is_not_taken_for_a_whole_one, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open_netlink(context);
  BOOST_REQUIRE(run(context, fill_addresses(c, some)).has_value());
  const auto listed = run(context, change_after_the_first_block(c));
  BOOST_REQUIRE(!listed);
  BOOST_TEST((listed.error() == errc::dump_interrupted));
}

namespace {

// The next one to ask whether a turn is over hears that it is.
void take_a_turn()
{
  linx::detail::turn_over();
  linx::detail::yield_due();
  std::this_thread::sleep_for(std::chrono::milliseconds(1)); // a turn lasts 200 us
}

// Changes the table at each turn of the executor, `times` times or until told to stop. Each turn of its own
// is over when it ends, so that a reader gets no more than a datagram in one, whatever it has time for.
task<> keep_changing(netlink::connection c, unsigned times, const bool& stop)
{
  for (unsigned i = 0; i < times && !stop; ++i) {
    const std::uint16_t type = i % 2 == 0 ? RTM_DELADDR : RTM_NEWADDR;
    LINX_TRYV(co_await c.submit(address_request(type, NLM_F_CREATE, 0)));
    take_a_turn();
    co_await asio::post(asio::deferred);
  }
  co_return success();
}

task<std::size_t> list_and_stop(netlink::connection c, netlink::dump_options options, bool& stop)
{
  const auto listed = co_await linx::test::count_messages(c.dump(linx::test::list_addresses(), options));
  stop = true;
  co_return listed;
}

// The result of listing while another coroutine changes the table, by a connection of its own: on this one
// its answers would wait behind the dump.
linx::result<std::size_t> list_while_changing(asio::io_context& context, netlink::connection c,
                                              unsigned changes, unsigned retries)
{
  bool stop = false;
  const auto other = open_netlink(context);
  linx::spawn(context.get_executor(), keep_changing(other, changes, stop), asio::detached);
  auto listed = run(context, list_and_stop(c, netlink::dump_options().retries(retries), stop));
  context.restart();
  context.run();
  return listed;
}

} // namespace

// The reader lets others run between datagrams, so a change in each turn interrupts each attempt.
BOOST_FIXTURE_TEST_CASE(an_interrupted_dump_is_tried_again, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open_netlink(context);
  BOOST_REQUIRE(run(context, fill_addresses(c, some)).has_value());
  const auto never = list_while_changing(context, c, ~0u, 3);
  BOOST_REQUIRE(!never);
  BOOST_TEST((never.error() == errc::dump_interrupted));
  const auto in_the_end = list_while_changing(context, c, 4, 8);
  BOOST_REQUIRE_MESSAGE(in_the_end.has_value(), linx::test::why(in_the_end));
  BOOST_TEST(in_the_end.value() >= some);
}

namespace {

// Changes the table once, in the first turn after `reading` has been set.
task<> change_once(netlink::connection c, const bool& reading)
{
  while (!reading) co_await asio::post(asio::deferred);
  auto changed = c.submit(address_request(RTM_DELADDR, 0, 0));
  co_return co_await std::move(changed);
}

// Lists with a turn that is over after the first datagram, so that others run then.
task<std::size_t> list_in_two_turns(netlink::connection c, bool& reading)
{
  auto blocks = c.dump_blocks(linx::test::list_addresses());
  take_a_turn();
  reading = true;
  std::size_t count = 0;
  for (;;) {
    LINX_TRY(auto block, co_await blocks.next());
    if (!block) co_return count;
    count += static_cast<std::size_t>(std::distance(block->begin(), block->end()));
  }
}

task<std::uint32_t> next_sequence(netlink::connection c)
{
  netlink::message_builder request(RTM_GETLINK, 0, ifinfomsg{});
  request.put_string(IFLA_IFNAME, "lo");
  LINX_TRY(auto reply, co_await c.request(std::move(request)));
  co_return reply.sequence();
}

} // namespace

// By the numbers of the requests it is exactly two attempts, and what is handed out is the second one alone.
BOOST_FIXTURE_TEST_CASE(a_dump_interrupted_once_is_read_twice, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto other = open_netlink(context);
  BOOST_REQUIRE(run(context, fill_addresses(other, some)).has_value());
  const auto before =
      run(context, linx::test::count_messages(other.dump(linx::test::list_addresses()))).value();
  const auto c = open_netlink(context);
  const auto first = netlink::detail::connection_access::state(c)->requests().next_sequence();
  bool reading = false;
  linx::spawn(context.get_executor(), change_once(other, reading),
              [](linx::result<> done) { BOOST_TEST(done.has_value()); });
  const auto listed = run(context, list_in_two_turns(c, reading));
  BOOST_REQUIRE_MESSAGE(listed.has_value(), linx::test::why(listed));
  BOOST_TEST(listed.value() == before - 1);
  BOOST_TEST(run(context, next_sequence(c)).value() - first == 2u);
}

namespace {

task<> read_twice_at_once(netlink::connection c)
{
  auto routes = c.dump_blocks(linx::test::list_routes());
  auto first = routes.next(), second = routes.next();
  auto both = linx::all_of(std::move(first), std::move(second));
  LINX_TRYV(co_await std::move(both));
  co_return success();
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_dropped_stream_lets_go_of_the_connection, linx::test::fresh_network)
{
  asio::io_context context(1);
  auto c = std::optional(open_netlink(context));
  auto routes = c->dump(linx::test::list_routes());
  c.reset();
  // the socket went with the handle; the stream says so and does not hang
  BOOST_TEST((run(context, linx::test::count_messages(std::move(routes))).error() == errc::closed));
}

BOOST_FIXTURE_TEST_CASE(one_reader_at_a_time, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto c = open_netlink(context);
  BOOST_REQUIRE(run(context, linx::test::fill_routes(c, many)).has_value());
  const auto read = run(context, read_twice_at_once(c));
  if (!read) BOOST_TEST((read.error() == errc::not_ready));
}

BOOST_AUTO_TEST_SUITE_END()
