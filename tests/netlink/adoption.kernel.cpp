// A socket that had another owner: what he asked for and what he listened to is nobody's answer.
#include "harness/run.hpp"
#include "netlink/connection_access.hpp"
#include "netlink/network.hpp"

#include <linx/io/unique_fd.hpp>

#include <sys/socket.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(netlink_adoption_kernel, *boost::unit_test::precondition(linx::test::network_possible))

namespace asio = boost::asio;
namespace netlink = linx::netlink;
using linx::test::add_route;
using linx::test::open_netlink;
using linx::test::run;

namespace {

// A bound socket of a program that uses neither linx nor Asio.
class foreign_socket {
public:
  foreign_socket() : fd_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE))
  {
    sockaddr_nl any{};
    any.nl_family = AF_NETLINK;
    BOOST_REQUIRE(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0);
  }

  void join(std::uint32_t group)
  {
    BOOST_REQUIRE(::setsockopt(fd_.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) == 0);
  }

  void ask(netlink::message_builder request, std::uint32_t sequence)
  {
    request.set_sequence(sequence);
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    BOOST_REQUIRE(::sendto(fd_.get(), request.bytes().data(), request.size(), 0,
                           reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel) > 0);
  }

  void connect_to(std::uint32_t port)
  {
    sockaddr_nl peer{};
    peer.nl_family = AF_NETLINK;
    peer.nl_pid = port;
    BOOST_REQUIRE(::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&peer), sizeof peer) == 0);
  }

  netlink::connection hand_over(asio::io_context& context)
  {
    return linx::test::value_of(netlink::connection::adopt(context.get_executor(), std::move(fd_)));
  }

private:
  linx::io::unique_fd fd_;
};

netlink::message_builder get_lo()
{
  netlink::message_builder request(RTM_GETLINK, 0, ifinfomsg{});
  request.put_string(IFLA_IFNAME, "lo");
  return request;
}

} // namespace

// Each number that the connection might begin with as a program that counts from 1 does has an answer in the
// queue: a refusal, which would be believed.
BOOST_FIXTURE_TEST_CASE(answers_to_another_owner_are_not_delivered, linx::test::fresh_network)
{
  asio::io_context context(1);
  foreign_socket socket;
  auto refused = linx::test::delete_route(1);
  for (std::uint32_t sequence = 0; sequence < 100; ++sequence) socket.ask(refused, sequence);
  const auto c = socket.hand_over(context);
  BOOST_TEST(run(context, c.submit(add_route(1))).has_value());
  BOOST_TEST(netlink::detail::connection_access::state(c)->requests().ignored() == 0u);
}

BOOST_FIXTURE_TEST_CASE(connections_do_not_begin_with_the_same_number, linx::test::fresh_network)
{
  asio::io_context context(1);
  const auto first = [&] {
    return netlink::detail::connection_access::state(open_netlink(context))->requests().next_sequence();
  };
  const auto one = first(), two = first(), three = first();
  BOOST_TEST((one != two || two != three));
}

// The kernel goes on with it as the queue is read, and refuses a second one until it is over.
BOOST_FIXTURE_TEST_CASE(a_dump_that_another_owner_began_is_over, linx::test::fresh_network)
{
  asio::io_context context(1);
  BOOST_REQUIRE(run(context, linx::test::fill_routes(open_netlink(context), 5000)).has_value());
  foreign_socket socket;
  auto dump = linx::test::list_routes();
  dump.add_flags(NLM_F_DUMP);
  socket.ask(dump, 1);
  const auto c = socket.hand_over(context);
  const auto listed = run(context, linx::test::count_messages(c.dump(linx::test::list_routes())));
  BOOST_REQUIRE_MESSAGE(listed.has_value(), linx::test::why(listed));
  BOOST_TEST(listed.value() == 5000u);
}

// The event that a request causes has its number and its port: to a member it looks like the reply.
BOOST_FIXTURE_TEST_CASE(groups_of_another_owner_are_left, linx::test::fresh_network)
{
  asio::io_context context(1);
  foreign_socket socket;
  for (const std::uint32_t group : {RTNLGRP_IPV4_ROUTE, RTNLGRP_LINK, RTNLGRP_NEXTHOP, RTNLGRP_STATS})
    socket.join(group);
  const auto c = socket.hand_over(context);
  const auto reply = run(context, c.request(add_route(1)));
  BOOST_REQUIRE(!reply);
  BOOST_TEST((reply.error() == linx::errc::protocol)); // a route that is added has no reply
  BOOST_REQUIRE(run(context, open_netlink(context).submit(add_route(2))).has_value());
  const auto lo = run(context, c.request(get_lo()));
  BOOST_REQUIRE_MESSAGE(lo.has_value(), linx::test::why(lo));
  BOOST_TEST(lo.value().type() == RTM_NEWLINK);
  BOOST_TEST(netlink::detail::connection_access::state(c)->requests().ignored() == 0u);
}

// A connected socket takes messages of its peer only, the kernel's answers not among them.
BOOST_FIXTURE_TEST_CASE(a_peer_of_another_owner_is_dropped, linx::test::fresh_network)
{
  asio::io_context context(1);
  foreign_socket socket;
  socket.connect_to(static_cast<std::uint32_t>(::getpid()) + 4711);
  const auto c = socket.hand_over(context);
  const auto done = run(context, c.submit(add_route(1)));
  BOOST_TEST(done.has_value(), linx::test::why(done));
}

BOOST_AUTO_TEST_SUITE_END()
