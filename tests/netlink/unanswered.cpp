// Requests that the kernel does not answer, or not as a whole: the rules of a connection without a socket.
#include "netlink/exchanges.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>

BOOST_AUTO_TEST_SUITE(netlink_unanswered)

using linx::netlink::message_builder;
using linx::netlink::detail::dump_exchange;
using linx::netlink::detail::multiplexer;
using linx::netlink::detail::range_exchange;
using linx::netlink::detail::single_exchange;
using linx::test::ask;
using linx::test::collect;
using linx::test::datagram;
using linx::test::sequence_of;
using linx::test::several;

namespace {

constexpr std::size_t wide = std::size_t(1) << 20;

} // namespace

// nfnetlink refuses the first message of a datagram to whoever lacks CAP_NET_ADMIN, and drops the others.
BOOST_AUTO_TEST_CASE(those_behind_a_refusal_share_it_when_the_socket_is_empty)
{
  multiplexer m(wide);
  std::vector<std::unique_ptr<single_exchange>> asked;
  for (int i = 0; i < 5; ++i) m.enqueue(*asked.emplace_back(ask()));
  collect(m, 3 * sizeof(nlmsghdr));
  collect(m, wide);
  m.receive(datagram().answer(sequence_of(*asked[0]), EPERM).answer(sequence_of(*asked[4])).bytes(), 0);
  m.settle(true);
  for (const auto& each : asked) BOOST_REQUIRE(each->is_done());
  BOOST_TEST(asked[0]->outcome().error().errnum() == EPERM);
  BOOST_TEST(asked[1]->outcome().error().errnum() == EPERM);
  BOOST_TEST(asked[2]->outcome().error().errnum() == EPERM);
  BOOST_TEST((asked[3]->outcome().error() == linx::errc::protocol)); // sent by itself, nobody knows why
  BOOST_TEST(asked[4]->outcome().has_value());
  BOOST_TEST(m.pending() == 0u);
  BOOST_TEST(m.in_flight() == 0u);
}

BOOST_AUTO_TEST_CASE(a_dump_that_has_begun_goes_on_after_the_socket_was_empty)
{
  for (const bool begun : {false, true}) {
    multiplexer m(wide);
    dump_exchange d(message_builder(18), false);
    auto gone = ask();
    m.admit(d);
    m.admit(*gone);
    gone.reset();
    if (begun) m.receive(datagram().add(sequence_of(d), 16).bytes(), 0);
    m.settle(true);
    BOOST_TEST(d.is_done() == !begun);
    BOOST_TEST(m.has_dump() == begun);
    BOOST_TEST(m.pending() == (begun ? 1u : 0u));
    BOOST_TEST(m.in_flight() == (begun ? d.cost() : 0u));
    if (!begun) continue;
    m.receive(datagram().done(sequence_of(d)).bytes(), 0);
    BOOST_TEST(d.is_done());
    BOOST_TEST(!d.failure().has_value());
  }
}

// The end of the dump was in what was cut off.
BOOST_AUTO_TEST_CASE(a_dump_whose_end_was_cut_is_over_when_the_socket_is_empty)
{
  for (const bool all : {false, true}) {
    multiplexer m(wide);
    dump_exchange d(message_builder(18), false);
    auto gone = std::make_unique<dump_exchange>(message_builder(18), false);
    m.admit(d);
    m.receive(datagram().add(sequence_of(d), 16).bytes(), 0);
    m.receive_cut(datagram().add(sequence_of(d), 16).bytes(), 70000);
    m.settle(all);
    BOOST_REQUIRE(d.failure().has_value());
    BOOST_TEST((*d.failure() == linx::errc::truncated));
    BOOST_TEST(!m.has_dump());
    m.admit(*gone);
    const auto sequence = sequence_of(*gone);
    gone.reset();
    m.receive_cut(datagram().add(sequence, 16).bytes(), 70000);
    m.settle(true);
    BOOST_TEST(!m.has_dump());
  }
}

// The other side may answer later: only what need not be answered at all ends then.
BOOST_AUTO_TEST_CASE(where_answers_come_later_an_empty_socket_says_little)
{
  multiplexer m(wide);
  const auto waits = ask();
  auto bytes = several(2);
  range_exchange transaction(bytes, 2, nullptr, range_exchange::expects::anything);
  m.admit(*waits);
  m.admit(transaction);
  m.settle(false);
  BOOST_TEST(!waits->is_done());
  BOOST_TEST(transaction.is_done());
  BOOST_TEST(!transaction.failure().has_value());
}

// The rest of the dump arrives, and so does its end: that must not pass for the whole.
BOOST_AUTO_TEST_CASE(an_answer_that_was_cut_is_not_whole)
{
  multiplexer m(wide);
  dump_exchange d(message_builder(18), false);
  const auto reply = ask(18, single_exchange::keep::reply), submitted = ask();
  m.admit(d);
  m.admit(*reply);
  m.admit(*submitted);
  for (const auto s : {sequence_of(d), sequence_of(*reply), sequence_of(*submitted)})
    m.receive_cut(datagram().add(s, 16).bytes(), 70000);
  m.receive_cut(datagram().add(0, 16).bytes(), 90000); // an event: nobody's answer
  m.receive(datagram().add(sequence_of(d), 16).done(sequence_of(d)).bytes(), 0);
  m.receive(datagram().answer(sequence_of(*reply)).answer(sequence_of(*submitted)).bytes(), 0);
  BOOST_REQUIRE(d.failure().has_value());
  BOOST_TEST((*d.failure() == linx::errc::truncated));
  BOOST_TEST(d.missed() == 70000u);
  auto refused = reply->take_reply();
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error() == linx::errc::truncated));
  BOOST_TEST(refused.error().message().find("70000 bytes") != std::string::npos);
  BOOST_TEST(submitted->outcome().has_value()); // it asked for no reply
}

BOOST_AUTO_TEST_SUITE_END()
